-- The origins of the pages that may send with a client's keys, as browsers write them: scheme, host and port, or '*' for all.
-- The version before inserts and reads clients without naming the column.
ALTER TABLE clients ADD COLUMN origins text[] NOT NULL DEFAULT '{}';
