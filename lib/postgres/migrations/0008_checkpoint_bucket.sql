-- Which checkpoints are in the bucket already, for those who have one: docs/decisions/0019.
ALTER TABLE audit_checkpoints ADD in_bucket boolean NOT NULL DEFAULT false;
CREATE INDEX audit_checkpoints_missing ON audit_checkpoints (checkpoint) WHERE NOT in_bucket;
