-- How far each key of a funnel in parts has got, after the parts so far (docs/decisions/0049). No foreign key: its check doubled the
-- time in which rows are added. A part locks its query's row before it commits, so it adds no row to a query that is gone.
CREATE TABLE query_keys (
  query_id uuid NOT NULL,
  -- Of the query's id and the key's JSON text, which may be personal data.
  key_hash uuid NOT NULL,
  -- The number of steps.
  reached  smallint NOT NULL,
  -- The latest start of a chain that has reached the step. No chain goes on from the last of eight.
  start_1  timestamptz,
  start_2  timestamptz,
  start_3  timestamptz,
  start_4  timestamptz,
  start_5  timestamptz,
  start_6  timestamptz,
  start_7  timestamptz,
  PRIMARY KEY (query_id, key_hash)
);

-- The rows go with their query, whoever deletes it: an erasure, the retention or its asker.
CREATE FUNCTION forget_query_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM query_keys WHERE query_id = OLD.query_id;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_query_keys AFTER DELETE ON queries FOR EACH ROW EXECUTE FUNCTION forget_query_keys();
