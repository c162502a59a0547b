-- The W3C trace context with which an event was queued: trace id, parent id and flags, 25 bytes. As the text of
-- `traceparent` it would have 55.
--
-- Empty, and not null, for an event without: a null would make the row 8 bytes larger (a bitmap of nine columns moves the
-- row's data to the next multiple of 8), an empty value makes it 1 byte larger. Neither rewrites a partition: the default
-- of existing rows is kept in the catalogue. The version before inserts rows without naming the column.
ALTER TABLE events ADD COLUMN trace_context bytea NOT NULL DEFAULT '';
ALTER TABLE quarantine ADD COLUMN trace_context bytea NOT NULL DEFAULT '';
