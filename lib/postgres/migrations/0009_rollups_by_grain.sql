-- Rollups of a quarter of an hour, for the zones whose hours begin at :30 or :45; and each grain in a table of its own, so
-- that a month of hours lies on a few hundred pages and not between as many minutes. Why: docs/decisions/0017.
--
-- A worker of the version before would not write the new grain. It fails, since the table it knows is a view now, and its
-- batches wait in the queue for a newer one. Questions of that version are answered from the view.

-- Until this is over, workers wait.
LOCK TABLE event_rollups IN ACCESS EXCLUSIVE MODE;
ALTER TABLE event_rollups RENAME TO rollups_minute;
ALTER TABLE rollups_minute RENAME CONSTRAINT event_rollups_pkey TO rollups_minute_pkey;

-- Counts of the rows in events, per minute (grain 1), quarter of an hour (15), hour (60) and day (1440), in UTC.
CREATE TABLE rollups (LIKE rollups_minute, PRIMARY KEY (client_id, grain, bucket, event_type, slot))
  PARTITION BY LIST (grain);
CREATE TABLE rollups_quarter PARTITION OF rollups FOR VALUES IN (15);
CREATE TABLE rollups_hour PARTITION OF rollups FOR VALUES IN (60);
CREATE TABLE rollups_day PARTITION OF rollups FOR VALUES IN (1440);

DO $$
DECLARE partition regclass;
BEGIN
  FOREACH partition IN ARRAY ARRAY['rollups_quarter', 'rollups_hour', 'rollups_day']::regclass[] LOOP
    -- As migrations 0001 and 0004 set it for what is the table of minutes now.
    EXECUTE format('ALTER TABLE %s SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01,
                                        autovacuum_analyze_scale_factor = 0.02)', partition);
  END LOOP;
END $$;

WITH coarse AS (DELETE FROM rollups_minute WHERE grain > 1 RETURNING *)
INSERT INTO rollups SELECT * FROM coarse ORDER BY client_id, grain, bucket, event_type, slot;
ALTER TABLE rollups ATTACH PARTITION rollups_minute FOR VALUES IN (1);

-- Exact without the events: a quarter of an hour is 15 minutes.
INSERT INTO rollups (client_id, event_type, bucket, count, latency_sum_ms, latency_max_ms, grain, slot, latency_bins,
                     latency_counts)
SELECT client_id, event_type, quarter, sum(count), 0, max(max_ms), 15, 0,
       array_agg(bin ORDER BY bin), array_agg(count ORDER BY bin)
  FROM (SELECT client_id, event_type, date_bin('15 minutes', bucket, 'epoch') AS quarter, bin, sum(u.count)::bigint AS count,
               max(latency_max_ms) AS max_ms
          FROM rollups_minute CROSS JOIN LATERAL unnest(latency_bins, latency_counts) AS u(bin, count)
         GROUP BY 1, 2, 3, 4) AS binned
 GROUP BY 1, 2, 3 ORDER BY client_id, quarter, event_type;

-- Nothing has ever asked for it.
ALTER TABLE rollups DROP COLUMN latency_sum_ms;

-- For the version before, to read.
CREATE VIEW event_rollups AS
  SELECT client_id, event_type, bucket, count, latency_max_ms, grain, slot, latency_bins, latency_counts
    FROM rollups WHERE grain <> 15;
