-- The archive: which days of which clients are in the bucket, and in which files. The events themselves are authoritative in
-- events until they expire; after that, these rows say what the bucket must hold. Why it is written so: docs/decisions/0047.

CREATE TABLE archive_days (
  client_id text COLLATE "C" NOT NULL REFERENCES clients,
  day       date NOT NULL,
  -- The run that works on the day, or was the last to. Each of its steps requires that no other has claimed it since.
  claim     uuid NOT NULL,
  -- As in the manifest; null before the first one.
  rows      bigint,
  -- Null while the manifest is missing, or older than the files.
  manifest_sha256 bytea CHECK (octet_length(manifest_sha256) = 32),
  archived_at     timestamptz,
  -- All events of the day up to this position of the change feed are in the files.
  feed_history    text,
  feed_position   bigint,
  PRIMARY KEY (client_id, day)
);
-- What maintenance looks for: few, among all that were ever archived.
CREATE INDEX archive_days_unfinished ON archive_days (day) WHERE manifest_sha256 IS NULL;

-- Each file holds the events from its first one up to that of the next file, by time and id. A file keeps its first event
-- forever, so that an event always belongs to one file.
CREATE TABLE archive_files (
  client_id  text COLLATE "C" NOT NULL,
  day        date NOT NULL,
  part       integer NOT NULL,
  from_time  timestamptz NOT NULL,
  from_id    text COLLATE "C" NOT NULL,
  -- Null before the file is written for the first time.
  rows       bigint,
  bytes      bigint,
  sha256     bytea CHECK (octet_length(sha256) = 32),
  min_time   timestamptz,
  max_time   timestamptz,
  -- Set while the file is being written: the bucket has either of the two contents.
  pending_sha256 bytea CHECK (octet_length(pending_sha256) = 32),
  PRIMARY KEY (client_id, day, part),
  FOREIGN KEY (client_id, day) REFERENCES archive_days ON DELETE CASCADE
);

-- How far an erasure has searched its client's archived days, once it has searched the events: null at the beginning, infinity
-- at the end. The version before completes erasures without regard to it; it archives nothing either.
ALTER TABLE erasures ADD COLUMN archive_to date;
