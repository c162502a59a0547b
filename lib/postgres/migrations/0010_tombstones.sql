-- An erasure recognises its subject in whatever the queue still brings, also after its completion: docs/decisions/0027.
-- From here on value_sha256 is the SHA-256 of the salt followed by the value's canonical JSON text. In older rows the salt
-- is empty, as it is in those that the version before inserts.
ALTER TABLE erasures
  ADD COLUMN salt bytea NOT NULL DEFAULT '',
  -- Forgotten once nothing that was received before the request can be shown any more.
  ALTER COLUMN value_sha256 DROP NOT NULL,
  ADD CHECK (value_sha256 IS NOT NULL OR completed_at IS NOT NULL);
-- For the worker, which looks for erasures that were requested after an event was received.
CREATE INDEX erasures_client ON erasures (client_id, requested_at);
