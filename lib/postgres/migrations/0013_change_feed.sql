-- The change feed: which events were stored, in an order in which nothing appears behind what a reader has seen. Why a table
-- of its own, and why positions are safe although a sequence alone is not: docs/decisions/0040.
--
-- One row for each client and up to 1,000 events of a statement that stores events, with what finds them: their keys, and
-- their times, which have an index. Only events stored from now on have one.
CREATE TABLE feed (
  position    bigint NOT NULL,
  client_id   text COLLATE "C" NOT NULL,
  -- Number of the position's events of this client in earlier rows.
  skipped     integer NOT NULL,
  count       integer NOT NULL,
  event_keys  uuid[] NOT NULL,
  event_times timestamptz[] NOT NULL,
  -- The last of the times: the row expires with that event.
  newest      timestamptz NOT NULL,
  PRIMARY KEY (position, client_id, skipped)
) WITH (autovacuum_freeze_min_age = 0, autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX feed_client ON feed (client_id, position, skipped);
-- Keys are hashes or random; compressing them takes time and saves nothing.
ALTER TABLE feed ALTER event_keys SET STORAGE EXTERNAL;

CREATE SEQUENCE feed_position;
-- From now on last_value is the last position that was given out; before the first call it would be the next one. Not by
-- nextval, which prepares the next 32 calls to write nothing to the WAL. With wal_level = minimal it writes nothing itself in
-- the transaction that creates the sequence, so a crash would give the 32 out again.
SELECT setval('feed_position', 1);

-- Tells a reader whose cursor is from another database, see feed_state.
CREATE TABLE feed_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id       uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO feed_identity DEFAULT VALUES;

-- The functions below run with the rights of their owner, so that the users of the worker and of queries need none on the
-- sequence, and workers of the version before none at all.

-- Adds stored events to the feed. A trigger on the ledger and not a part of the worker's statement: so the events of workers
-- of the version before are in the feed too.
--
-- The lock makes a transaction that has a position visible to readers from before it has it until after its commit. It is
-- shared, so nobody waits for it.
CREATE FUNCTION add_to_feed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE place bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM fresh) THEN
    RETURN NULL;
  END IF;
  PERFORM pg_advisory_xact_lock_shared(x'6665000000000000'::bigint | last_value) FROM feed_position;
  place := nextval('feed_position');
  INSERT INTO feed (position, client_id, skipped, count, event_keys, event_times, newest)
  SELECT place, client_id, min(rank) - 1, count(*), array_agg(event_key ORDER BY rank), array_agg(event_time ORDER BY rank),
         max(event_time)
    FROM (SELECT client_id, event_key, event_time,
                 row_number() OVER (PARTITION BY client_id ORDER BY event_time, event_key) AS rank
            FROM fresh) AS ranked
   GROUP BY client_id, (rank - 1) / 1000
   ORDER BY client_id;
  RETURN NULL;
END $$;
CREATE TRIGGER add_to_feed AFTER INSERT ON event_ledger REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION add_to_feed();

-- The last position up to which the feed is complete: a snapshot that is taken after this call shows every row up to it that
-- will ever be visible. A transaction's position is larger than the number in its lock, and a transaction whose lock is not
-- there yet gets a position larger than the last one that was given out before. So the order of the two reads matters.
CREATE FUNCTION feed_end() RETURNS bigint LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  given bigint;
  held bigint;
BEGIN
  SELECT last_value INTO given FROM feed_position;
  SELECT min((classid::bigint & 65535) << 32 | objid::bigint) INTO held
    FROM pg_locks
   WHERE locktype = 'advisory' AND objsubid = 1 AND classid::bigint >> 16 = x'6665'::int
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
  RETURN least(given, held);
END $$;

-- The last position that was given out, and which history of the database positions belong to. After a restore from a backup,
-- positions are given out again, for other events. The history changes with the server's data directory, with the timeline,
-- that is with each recovery to a point in time and each promotion of a standby, with the database's OID, and with the id in
-- feed_identity.
CREATE FUNCTION feed_state(OUT history text, OUT given bigint) LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path FROM CURRENT AS $$
BEGIN
  SELECT left(md5(concat_ws(' ', i.id, s.system_identifier, c.timeline_id, d.oid)), 12), p.last_value INTO history, given
    FROM feed_identity i, feed_position p, pg_control_system() s, pg_control_checkpoint() c, pg_database d
   WHERE d.datname = current_database();
END $$;
