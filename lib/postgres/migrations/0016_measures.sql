-- Measures of payload properties, and meters: docs/decisions/0046.

-- A property's value as an exact number, given its JSON text; null for anything else, also for a number with more than 100
-- digits on either side of its point, written without an exponent. It never fails: `numeric` would for 1e200000. Only a number's
-- JSON text begins with - or a digit. Nearly all are short and without an exponent: the patterns take 20 us, the checks before
-- them less than one.
CREATE FUNCTION measured_number(value text) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN value COLLATE "C" < '-' OR value COLLATE "C" >= ':' OR length(value) > 210 THEN NULL
    WHEN length(value) <= 100 AND strpos(value, 'e') = 0 AND strpos(value, 'E') = 0 THEN value::numeric
    WHEN value ~ '^-?[0-9]{1,100}(\.[0-9]{1,100})?$' THEN value::numeric
    WHEN value ~ '^-?[0-9]{1,100}(\.[0-9]{1,100})?[eE][-+]?[0-9]{1,3}$' THEN
      CASE WHEN abs(value::numeric) < 1e100 AND min_scale(value::numeric) <= 100 THEN trim_scale(value::numeric) END
  END;

-- Meters: what is kept of a client's events of one type, by up to three dimensions. No foreign key leads here from the rollups:
-- its checks would lock these rows for each batch.
CREATE TABLE meters (
  meter_id   uuid PRIMARY KEY,
  client_id  text COLLATE "C" NOT NULL REFERENCES clients,
  name       text COLLATE "C" NOT NULL,
  event_type text COLLATE "C" NOT NULL,
  -- The measured property as it was declared, and its path; null to count only.
  value      text,
  value_path text[],
  -- Of each dimension.
  names      text[] NOT NULL CHECK (cardinality(names) <= 3),
  properties text[] NOT NULL,
  path_1     text[],
  path_2     text[],
  path_3     text[],
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- True once each transaction that stores events knows the meter; then it is filled, from the newest events to the oldest.
  known      boolean NOT NULL DEFAULT false,
  -- It has all events from this time on.
  filled_from timestamptz NOT NULL DEFAULT 'infinity',
  -- Not asked any more; its rollups are being deleted.
  deleted_at timestamptz
);
CREATE UNIQUE INDEX meters_name ON meters (client_id, name) WHERE deleted_at IS NULL;

-- By quarter of an hour (grain 15), hour (60) and day (1440), in UTC. A worker adds to a slot of its own, and what was stored
-- before the meter was known is in slot -1. A coarser cell is the sum of its finer ones.
CREATE TABLE meter_rollups (
  meter_id    uuid NOT NULL,
  grain       smallint NOT NULL,
  bucket      timestamptz NOT NULL,
  -- Three JSON texts as they were sent; '' for a missing value or dimension, '…' for a value that is too long.
  dimensions  text[] COLLATE "C" NOT NULL,
  slot        smallint NOT NULL,
  count       bigint NOT NULL,
  numbers     bigint NOT NULL,
  not_numbers bigint NOT NULL,
  sum         numeric NOT NULL,
  min         numeric,
  max         numeric,
  -- Time, event id and number of the latest event that has a number: arrays are compared element by element.
  latest      text[] COLLATE "C",
  PRIMARY KEY (meter_id, grain, bucket, dimensions, slot)
) PARTITION BY LIST (grain);
-- As migration 0009 sets it for rollups.
CREATE TABLE meter_rollups_quarter PARTITION OF meter_rollups FOR VALUES IN (15)
  WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);
CREATE TABLE meter_rollups_hour PARTITION OF meter_rollups FOR VALUES IN (60)
  WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);
CREATE TABLE meter_rollups_day PARTITION OF meter_rollups FOR VALUES IN (1440)
  WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_analyze_scale_factor = 0.02);
