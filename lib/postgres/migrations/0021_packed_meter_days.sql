-- Days of meters that are over, packed: docs/decisions/0052. `packing` (migration 0020) says which days these are.

-- A meter's events of a day (UTC) with the same dimensions. Events that are stored after the day was packed are in rollups of quarters
-- beside it.
CREATE TABLE packed_meter_days (
  meter_id    uuid NOT NULL,
  day         timestamptz NOT NULL,
  dimensions  text[] COLLATE "C" NOT NULL,
  -- Of the day, as in rollups.
  count       bigint NOT NULL,
  numbers     bigint NOT NULL,
  not_numbers bigint NOT NULL,
  sum         numeric NOT NULL,
  min         numeric,
  max         numeric,
  latest      text[] COLLATE "C",
  -- The quarters of an hour with events, from 0 to 95, ascending; then the same of each quarter.
  quarters            smallint[] NOT NULL,
  quarter_counts      bigint[] NOT NULL,
  quarter_numbers     bigint[] NOT NULL,
  quarter_not_numbers bigint[] NOT NULL,
  quarter_sums        numeric[] NOT NULL,
  -- Null for a quarter without a number, as all of the following.
  quarter_minima      numeric[] NOT NULL,
  quarter_maxima      numeric[] NOT NULL,
  -- The three parts of the latest event, apart: an array of arrays has no nulls.
  latest_times        timestamptz[] NOT NULL,
  latest_ids          text[] COLLATE "C" NOT NULL,
  latest_numbers      numeric[] NOT NULL,
  -- A HyperLogLog sketch of the values of the day's events with these dimensions, if the meter has `uniques`: the registers that are not
  -- empty, and what they hold. Null until it is made from the events, and again when events are added.
  registers           smallint[],
  ranks               smallint[],
  PRIMARY KEY (meter_id, day, dimensions)
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02,
        -- Quarters are compressed, and kept apart if they are long: full days would have to read them.
        toast_tuple_target = 256);

-- Whether packed days have a sketch of the values.
ALTER TABLE meters ADD COLUMN uniques boolean NOT NULL DEFAULT false CHECK (NOT uniques OR value IS NOT NULL);
