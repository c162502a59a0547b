-- A request that does not fit into one message of the queue becomes several, each settled by itself and once. A
-- receipt therefore has a row for each part; `parts` is how many messages were sent, of which the queue may have
-- refused some.
ALTER TABLE receipts
  ADD COLUMN part  smallint NOT NULL DEFAULT 0,
  ADD COLUMN parts smallint NOT NULL DEFAULT 1,
  DROP CONSTRAINT receipts_pkey,
  ADD PRIMARY KEY (receipt_id, part);

-- An event that comes out of quarantine moves from one count to another within its own part.
ALTER TABLE quarantine ADD COLUMN part smallint NOT NULL DEFAULT 0;
