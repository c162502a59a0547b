-- The whole schema. Names of clients, types and events compare byte by byte (COLLATE "C"): faster, and the same
-- everywhere. Why each table looks as it does is in docs/decisions/.

CREATE TABLE clients (
  client_id             text COLLATE "C" PRIMARY KEY,
  name                  text NOT NULL,
  active                boolean NOT NULL DEFAULT true,
  rate_limit_per_second integer NOT NULL CHECK (rate_limit_per_second > 0),
  burst                 integer NOT NULL CHECK (burst > 0),
  created_at            timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
  key_id       text COLLATE "C" PRIMARY KEY,
  client_id    text COLLATE "C" NOT NULL REFERENCES clients,
  hash         bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
  prefix       text NOT NULL,
  scopes       text[] NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  expires_at   timestamptz,
  revoked_at   timestamptz,
  last_used_at timestamptz
);
CREATE INDEX api_keys_client ON api_keys (client_id);

-- The authority on which event ids have been stored. Not partitioned: a unique index on a partitioned table must hold
-- the partition key, and then the same id with two times would count twice.
CREATE TABLE event_ledger (
  event_key  uuid NOT NULL,
  client_id  text COLLATE "C" NOT NULL,
  event_time timestamptz NOT NULL,
  PRIMARY KEY (event_key, client_id)
);

CREATE TABLE events (
  client_id    text COLLATE "C" NOT NULL,
  event_id     text COLLATE "C" NOT NULL,
  event_type   text COLLATE "C" NOT NULL,
  event_time   timestamptz NOT NULL,
  received_at  timestamptz NOT NULL,
  processed_at timestamptz NOT NULL,
  receipt_id   uuid NOT NULL,
  -- json and not jsonb: it keeps the text as sent, so -0, 1e400 and 0.10 come back with their digits.
  payload      json NOT NULL
) PARTITION BY RANGE (event_time);
CREATE INDEX events_client_time ON events (client_id, event_time);
CREATE TABLE events_default PARTITION OF events DEFAULT;

-- Counts of the rows in events, per minute (grain 1), hour (60) and day (1440), in UTC. The slot lets concurrent
-- workers add to rows of their own.
CREATE TABLE event_rollups (
  client_id      text COLLATE "C" NOT NULL,
  event_type     text COLLATE "C" NOT NULL,
  bucket         timestamptz NOT NULL,
  count          bigint NOT NULL,
  latency_sum_ms bigint NOT NULL,
  latency_max_ms bigint NOT NULL,
  grain          smallint NOT NULL,
  slot           smallint NOT NULL,
  PRIMARY KEY (client_id, grain, bucket, event_type, slot)
) WITH (fillfactor = 70);

-- One row for each settled request; a row here also says that its message has been processed.
CREATE TABLE receipts (
  receipt_id   uuid PRIMARY KEY,
  client_id    text COLLATE "C" NOT NULL,
  received_at  timestamptz NOT NULL,
  completed_at timestamptz NOT NULL DEFAULT now(),
  accepted     integer NOT NULL,
  stored       integer NOT NULL,
  duplicates   integer NOT NULL,
  quarantined  integer NOT NULL,
  CHECK (accepted >= stored + duplicates + quarantined)
);

-- What PostgreSQL refused, with its reason. The event is kept as bytes, since its text may be what was refused.
CREATE TABLE quarantine (
  client_id      text COLLATE "C" NOT NULL,
  event_key      uuid NOT NULL,
  event          bytea NOT NULL,
  reason         text NOT NULL,
  detail         text NOT NULL,
  received_at    timestamptz NOT NULL,
  quarantined_at timestamptz NOT NULL DEFAULT now(),
  receipt_id     uuid NOT NULL,
  -- Set while the event is on its way through the queue again.
  redriven_at    timestamptz,
  PRIMARY KEY (event_key, client_id)
);
CREATE INDEX quarantine_time ON quarantine (quarantined_at);

-- Running totals of the receipts, since receipts are pruned and many.
CREATE TABLE pipeline_totals (
  client_id   text COLLATE "C" NOT NULL,
  slot        smallint NOT NULL,
  stored      bigint NOT NULL,
  duplicates  bigint NOT NULL,
  quarantined bigint NOT NULL,
  PRIMARY KEY (client_id, slot)
) WITH (fillfactor = 50);

CREATE TABLE audit_log (
  at          timestamptz NOT NULL,
  request_id  uuid NOT NULL,
  client_id   text COLLATE "C",
  key_prefix  text,
  method      text NOT NULL,
  route       text NOT NULL,
  path        text NOT NULL,
  status      smallint NOT NULL,
  duration_ms integer NOT NULL,
  address     text,
  user_agent  text,
  bytes_in    integer NOT NULL,
  bytes_out   integer,
  PRIMARY KEY (at, request_id)
) PARTITION BY RANGE (at);
CREATE INDEX audit_log_client ON audit_log (client_id, at);
CREATE TABLE audit_log_default PARTITION OF audit_log DEFAULT;

CREATE TABLE health_checks (
  at     timestamptz PRIMARY KEY,
  status text NOT NULL,
  checks json NOT NULL
);
