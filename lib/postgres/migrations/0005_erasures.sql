-- Requests to erase one subject's payloads, and how far each has come. A row stays as the record of what was done.
CREATE TABLE erasures (
  erasure_id   uuid PRIMARY KEY,
  client_id    text COLLATE "C" NOT NULL REFERENCES clients,
  property     text NOT NULL,
  -- As sent; gone when the erasure is complete, since it is personal data itself.
  value        json,
  value_sha256 bytea NOT NULL CHECK (octet_length(value_sha256) = 32),
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  requested_by text COLLATE "C",
  key_prefix   text,
  -- Quarantine comes first, by event key; then the events, by time.
  quarantine_began_at timestamptz,
  quarantine_after    uuid,
  quarantine_ended_at timestamptz,
  events_to           timestamptz,
  completed_at        timestamptz,
  events_erased       bigint NOT NULL DEFAULT 0,
  quarantined_erased  bigint NOT NULL DEFAULT 0,
  CHECK ((value IS NULL) = (completed_at IS NOT NULL))
);
CREATE INDEX erasures_time ON erasures (requested_at, erasure_id);
-- What maintenance looks for every hour, among all that were ever asked for.
CREATE INDEX erasures_open ON erasures (requested_at) WHERE completed_at IS NULL;
