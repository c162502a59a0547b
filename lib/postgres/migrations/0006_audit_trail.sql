-- The audit log becomes one that proves itself: docs/decisions/0018.

-- Chains of seals that grow side by side. A worker locks one that nobody else has. More lanes: insert more rows.
CREATE TABLE audit_lanes (
  lane    smallint PRIMARY KEY,
  seals   bigint NOT NULL DEFAULT 0,
  entries bigint NOT NULL DEFAULT 0,
  head    bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')
) WITH (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
INSERT INTO audit_lanes (lane) SELECT generate_series(0, 15);

-- Kept for ever, also when the entries have expired.
CREATE TABLE audit_seals (
  lane      smallint NOT NULL,
  seal      bigint NOT NULL,
  day       date NOT NULL,
  entries   integer NOT NULL,
  total     bigint NOT NULL,
  sealed_at timestamptz NOT NULL,
  root      bytea NOT NULL,
  previous  bytea NOT NULL,
  hash      bytea NOT NULL,
  PRIMARY KEY (lane, seal)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX audit_seals_day ON audit_seals (day, lane, seal);

-- Kept for ever. The document is the checkpoint's canonical JSON without its signature.
CREATE TABLE audit_checkpoints (
  checkpoint bigint PRIMARY KEY,
  document   text NOT NULL,
  signature  bytea NOT NULL
);

-- Who called, as far as that may have to be forgotten. The entry holds only a salted hash of it.
CREATE TABLE audit_personal (
  at         timestamptz NOT NULL,
  lane       smallint NOT NULL,
  leaf       integer NOT NULL,
  seal       bigint NOT NULL,
  salt       bytea NOT NULL,
  address    text COLLATE "C",
  user_agent text
) PARTITION BY RANGE (at);
CREATE INDEX audit_personal_seal ON audit_personal (lane, seal);
CREATE INDEX audit_personal_address ON audit_personal (address);
CREATE TABLE audit_personal_default PARTITION OF audit_personal DEFAULT
  WITH (autovacuum_freeze_min_age = 0, autovacuum_vacuum_insert_scale_factor = 0.1);

ALTER TABLE audit_log
  ADD lane      smallint,
  ADD leaf      integer,
  ADD seal      bigint,
  ADD leaf_hash bytea,
  ADD personal  bytea,
  ADD change    jsonb;
CREATE INDEX audit_log_seal ON audit_log (lane, seal);

-- Entries from before are sealed here, a thousand at a time, in lane 0: hashed as lib/trail/ does it.
CREATE FUNCTION pg_temp.merkle_root(leaves bytea[]) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
  level bytea[] := leaves;
  above bytea[];
BEGIN
  WHILE cardinality(level) > 1 LOOP
    SELECT array_agg(CASE WHEN i < cardinality(level) THEN sha256('\x01'::bytea || level[i] || level[i + 1])
                          ELSE level[i] END ORDER BY i)
      INTO above FROM generate_series(1, cardinality(level), 2) AS i;
    level := above;
  END LOOP;
  RETURN level[1];
END $$;

CREATE FUNCTION pg_temp.utc(at timestamptz) RETURNS text LANGUAGE sql AS $$
  SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- PostgreSQL escapes a JSON string as RFC 8785 does.
CREATE FUNCTION pg_temp.json(value text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(to_json(value)::text, 'null')
$$;

CREATE TEMPORARY TABLE unsealed ON COMMIT DROP AS
  SELECT at, request_id, (at AT TIME ZONE 'UTC')::date AS day, address, user_agent,
         decode(replace(gen_random_uuid()::text, '-', ''), 'hex') AS salt, NULL::bytea AS personal, NULL::bytea AS leaf_hash,
         NULL::bigint AS seal,
         row_number() OVER (PARTITION BY (at AT TIME ZONE 'UTC')::date ORDER BY at, request_id) - 1 AS place
    FROM audit_log;
UPDATE unsealed SET personal = sha256(salt || convert_to(format('{"address":%s,"user_agent":%s}',
         pg_temp.json(address), pg_temp.json(user_agent)), 'UTF8'));
UPDATE unsealed u SET seal = n.seal
  FROM (SELECT day, place / 1000 AS chunk, row_number() OVER (ORDER BY day, place / 1000) AS seal
          FROM unsealed GROUP BY day, place / 1000) n
 WHERE n.day = u.day AND n.chunk = u.place / 1000;
UPDATE unsealed u SET leaf_hash = sha256('\x00'::bytea || convert_to(format(
         '{"at":"%s","bytes_in":%s,"bytes_out":%s,"change":null,"client_id":%s,"duration_ms":%s,"key_prefix":%s,"method":%s,"path":%s,"personal":"%s","request_id":"%s","route":%s,"status":%s,"v":1}',
         pg_temp.utc(a.at), a.bytes_in, coalesce(a.bytes_out::text, 'null'), pg_temp.json(a.client_id), a.duration_ms,
         pg_temp.json(a.key_prefix), pg_temp.json(a.method), pg_temp.json(a.path), encode(u.personal, 'hex'),
         a.request_id, pg_temp.json(a.route), a.status), 'UTF8'))
  FROM audit_log a WHERE a.at = u.at AND a.request_id = u.request_id;
UPDATE audit_log a
   SET lane = 0, seal = u.seal, leaf = u.place % 1000, leaf_hash = u.leaf_hash, personal = u.personal
  FROM unsealed u WHERE u.at = a.at AND u.request_id = a.request_id;
INSERT INTO audit_personal (at, lane, leaf, seal, salt, address, user_agent)
  SELECT at, 0, place % 1000, seal, salt, address, user_agent FROM unsealed;

DO $$
DECLARE
  head bytea := decode(repeat('00', 32), 'hex');
  done bigint := 0;
  one record;
BEGIN
  FOR one IN
    SELECT seal, min(day) AS day, count(*)::int AS entries, clock_timestamp() AS sealed_at,
           pg_temp.merkle_root(array_agg(leaf_hash ORDER BY place)) AS root
      FROM unsealed GROUP BY seal ORDER BY seal
  LOOP
    done := done + one.entries;
    INSERT INTO audit_seals (lane, seal, day, entries, total, sealed_at, root, previous, hash)
      VALUES (0, one.seal, one.day, one.entries, done, one.sealed_at, one.root, head, sha256('\x02'::bytea || convert_to(format(
        '{"day":"%s","entries":%s,"lane":0,"previous":"%s","root":"%s","seal":%s,"sealed_at":"%s","total":%s,"v":1}',
        one.day, one.entries, encode(head, 'hex'), encode(one.root, 'hex'), one.seal, pg_temp.utc(one.sealed_at), done), 'UTF8')))
      RETURNING hash INTO head;
    UPDATE audit_lanes SET seals = one.seal, entries = done, head = (SELECT hash FROM audit_seals s WHERE s.lane = 0 AND s.seal = one.seal)
      WHERE lane = 0;
  END LOOP;
END $$;

ALTER TABLE audit_log
  ALTER lane SET NOT NULL,
  ALTER leaf SET NOT NULL,
  ALTER seal SET NOT NULL,
  ALTER leaf_hash SET NOT NULL,
  ALTER personal SET NOT NULL,
  DROP address,
  DROP user_agent;

-- The first day whose entries are kept: it moves before partitions go, so that what is missing later is known to have
-- expired.
ALTER TABLE retention ADD audit_horizon date NOT NULL DEFAULT '0001-01-01';
