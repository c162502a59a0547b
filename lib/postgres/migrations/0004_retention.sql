-- Nothing before the horizon is shown any more. It moves first, and only then what is behind it is taken apart, bit by
-- bit: no question ever counts a week that is half gone. It begins where no event can be.
CREATE TABLE retention (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  horizon  timestamptz NOT NULL DEFAULT '0001-01-01T00:00:00Z',
  moved_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO retention DEFAULT VALUES;

-- Partitions of events that have been detached and whose ledger rows are being removed, block by block. A partition that
-- nobody writes to any more can be walked once, without an index and without looking back.
CREATE TABLE expired_partitions (
  name        text COLLATE "C" PRIMARY KEY,
  next_block  bigint NOT NULL DEFAULT 0,
  detached_at timestamptz NOT NULL DEFAULT now()
);

-- When autovacuum comes by. The defaults are shares of the table, made for small ones.

-- Grows without end and is changed by inserts alone, until a week expires, which is under 2 % of the rows. At the default
-- share of 0.2 a ledger of 500 million rows would be vacuumed after 100 million inserts, all of them to be frozen at once.
ALTER TABLE event_ledger SET (
  autovacuum_vacuum_insert_scale_factor = 0.02,
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_analyze_scale_factor = 0.02
);
-- Only the newest rows are updated, many times each, among millions that rest: a share of all would come too late for
-- them. (fillfactor = 70, since the beginning, keeps their new versions on their page.)
ALTER TABLE event_rollups SET (
  autovacuum_vacuum_scale_factor = 0.01,
  autovacuum_analyze_scale_factor = 0.02
);
-- Eight rows a client, each updated with every batch: a vacuum takes milliseconds as long as it comes often, and a share
-- of so few rows means nothing. (fillfactor = 50, since the beginning.)
ALTER TABLE pipeline_totals SET (
  autovacuum_vacuum_scale_factor = 0,
  autovacuum_vacuum_threshold = 1000
);
-- Inserted, and deleted in the same order when their time has come.
ALTER TABLE receipts SET (
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_vacuum_scale_factor = 0.02
);

-- A row of these is written once. Frozen by the first vacuum that meets it, no later one has to write its page again.
-- Partitions made from now on get the same (lib/storage/sql/partitions.ts).
DO $$
DECLARE partition regclass;
BEGIN
  FOR partition IN
    SELECT relid FROM pg_partition_tree('events') WHERE isleaf
    UNION ALL SELECT relid FROM pg_partition_tree('audit_log') WHERE isleaf
  LOOP
    EXECUTE format('ALTER TABLE %s SET (autovacuum_freeze_min_age = 0, autovacuum_vacuum_insert_scale_factor = 0.1)', partition);
  END LOOP;
END $$;
