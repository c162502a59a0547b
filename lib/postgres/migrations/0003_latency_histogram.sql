-- A rollup also keeps how its events' times from received to stored were distributed, as a DDSketch (Masson, Rim, Lee:
-- "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019) with a relative error of
-- 2 %: bin i counts times t with gamma^(i-1) < t <= gamma^i milliseconds, gamma = 1.02 / 0.98, and bin -1 those below one.

CREATE FUNCTION latency_bin(ms bigint) RETURNS smallint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN ms < 1 THEN -1 ELSE ceil(ln(ms::float8) / ln(1.02::float8 / 0.98::float8)) END::smallint;

-- Two clocks may differ, so a negative time counts as none.
CREATE FUNCTION latency_ms(received_at timestamptz, processed_at timestamptz) RETURNS bigint
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN greatest(0, round(extract(epoch FROM processed_at - received_at) * 1000))::bigint;

-- Bins in ascending order, without empty ones, and the count of each.
ALTER TABLE event_rollups
  ADD COLUMN latency_bins   smallint[] NOT NULL DEFAULT '{}',
  ADD COLUMN latency_counts bigint[]   NOT NULL DEFAULT '{}';

-- The rollups there are know of no distribution, so they are counted anew from the events.
LOCK TABLE events IN SHARE MODE;
TRUNCATE event_rollups;
INSERT INTO event_rollups
  (client_id, grain, bucket, event_type, slot, count, latency_sum_ms, latency_max_ms, latency_bins, latency_counts)
SELECT client_id, grain, bucket, event_type, 0, sum(count), sum(latency_sum_ms), max(latency_max_ms),
       array_agg(bin ORDER BY bin), array_agg(count ORDER BY bin)
  FROM (SELECT client_id, grain, date_bin(make_interval(mins => grain), event_time, 'epoch') AS bucket, event_type,
               latency_bin(ms) AS bin, count(*) AS count, sum(ms)::bigint AS latency_sum_ms, max(ms) AS latency_max_ms
          FROM events, latency_ms(received_at, processed_at) AS ms, (VALUES (1), (60), (1440)) AS g(grain)
         GROUP BY 1, 2, 3, 4, 5) AS binned
 GROUP BY 1, 2, 3, 4;
