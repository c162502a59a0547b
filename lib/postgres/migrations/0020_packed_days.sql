-- Days that are over, packed: docs/decisions/0050.

-- The two times, each 00:00 UTC, that divide packed days from open ones.
CREATE TABLE packing (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- Queries read what is before it from packed days and from rollups of quarters of an hour.
  before   timestamptz NOT NULL DEFAULT '-infinity',
  moved_at timestamptz NOT NULL DEFAULT now(),
  -- No query reads other rollups before it any more: workers write none, and maintenance packs the quarters. At most `before`.
  settled  timestamptz NOT NULL DEFAULT '-infinity' CHECK (settled <= before)
);
INSERT INTO packing DEFAULT VALUES;

-- Events of a client and type on a day (UTC). Events that are stored after the day was packed are in rollups of quarters beside it.
CREATE TABLE packed_days (
  client_id      text COLLATE "C" NOT NULL,
  day            timestamptz NOT NULL,
  event_type     text COLLATE "C" NOT NULL,
  count          bigint NOT NULL,
  latency_max_ms bigint NOT NULL,
  -- The quarters of an hour with events, from 0 to 95, ascending, and for each the number of events until its end.
  quarters       smallint[] NOT NULL,
  totals         bigint[] NOT NULL,
  -- The day's latencies, as in rollups.
  latency_bins   smallint[] NOT NULL,
  latency_counts bigint[] NOT NULL,
  -- The latencies of each quarter: its maximum, and its bins as `quarter * 1024 + bin + 1`, ascending.
  quarter_maxima bigint[] NOT NULL,
  quarter_bins   integer[] NOT NULL,
  quarter_counts bigint[] NOT NULL,
  PRIMARY KEY (client_id, day, event_type)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02,
        -- Latencies of quarters are compressed and kept apart: other queries would have to read them.
        toast_tuple_target = 256);
ALTER TABLE packed_days
  -- Read for each count of a part of a day, so never compressed: 96 quarters take 1 kB.
  ALTER COLUMN quarters SET STORAGE PLAIN, ALTER COLUMN totals SET STORAGE PLAIN,
  ALTER COLUMN latency_bins SET STORAGE MAIN, ALTER COLUMN latency_counts SET STORAGE MAIN;

-- Events of a packed day before a quarter.
CREATE FUNCTION packed_until(quarters smallint[], totals bigint[], quarter integer) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(totals[width_bucket((quarter - 1)::smallint, quarters)], 0);
