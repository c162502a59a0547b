-- Counts of full days read the index of packed days only (docs/decisions/0050). A client's days are packed one after another, so its rows are spread over
-- the table; in the index they follow one another, more than a hundred a page.
--
-- Packing waits while the index is built, three seconds for a million days. Queries wait at the end only, while the keys are exchanged.
CREATE UNIQUE INDEX packed_days_counts ON packed_days (client_id, day, event_type) INCLUDE (count);
ALTER TABLE packed_days
  DROP CONSTRAINT packed_days_pkey,
  ADD CONSTRAINT packed_days_pkey PRIMARY KEY USING INDEX packed_days_counts,
  -- Only pages that are known to be visible to all need not be read. By default, that takes until a fifth of the rows is new.
  SET (autovacuum_vacuum_insert_scale_factor = 0.02);
