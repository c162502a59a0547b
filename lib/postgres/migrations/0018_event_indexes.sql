-- Indexes of events for lists (docs/decisions/0048): the id in the index of a client's events, so that a page among many events
-- of one time reads a page; and the times of ranges of blocks, so that a list over all clients need not ask each client.
--
-- A large partition would keep its writers waiting while its index is built. Maintenance builds these without locks
-- (lib/storage/indexes.ts); until then the old index serves. Partitions that are made from now on have the new ones.
CREATE INDEX events_client_time_id ON ONLY events (client_id, event_time, event_id);
-- Several intervals for each range, since a late event lies among new ones.
CREATE INDEX events_time ON ONLY events USING brin (event_time timestamptz_minmax_multi_ops) WITH (pages_per_range = 32, autosummarize = on);

DO $$
DECLARE
  partition regclass;
  large boolean := false;
BEGIN
  FOR partition IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'events'::regclass ORDER BY inhrelid LOOP
    -- About two million events, a second or two.
    IF pg_table_size(partition) > 500000000 THEN
      large := true;
      CONTINUE;
    END IF;
    EXECUTE format('CREATE INDEX %I ON %s (client_id, event_time, event_id)', partition || '_client_time_id', partition);
    EXECUTE format('ALTER INDEX events_client_time_id ATTACH PARTITION %I', partition || '_client_time_id');
    EXECUTE format('CREATE INDEX %I ON %s USING brin (event_time timestamptz_minmax_multi_ops) WITH (pages_per_range = 32, autosummarize = on)',
                   partition || '_time', partition);
    EXECUTE format('ALTER INDEX events_time ATTACH PARTITION %I', partition || '_time');
  END LOOP;
  IF NOT large THEN
    DROP INDEX events_client_time;
  END IF;
END $$;
