-- Counts of full days read the index of packed days only (docs/decisions/0050). A client's days were packed at different times, so their rows are
-- on different pages, four a page; in the index they follow one another, a hundred a page.
--
-- Packing waits while the index is built, and queries do not: three seconds for a million days.
CREATE UNIQUE INDEX packed_days_counts ON packed_days (client_id, day, event_type) INCLUDE (count);
ALTER TABLE packed_days
  DROP CONSTRAINT packed_days_pkey,
  ADD CONSTRAINT packed_days_pkey PRIMARY KEY USING INDEX packed_days_counts,
  -- Only pages that are known to be visible to all need not be read. By default, that takes until a fifth of the rows is new.
  SET (autovacuum_vacuum_insert_scale_factor = 0.02);
