-- Questions that are answered in parts, each by a call of its own (docs/decisions/0049). A row can be deleted at any time: the
-- question is then asked again.
CREATE TABLE queries (
  query_id      uuid PRIMARY KEY,
  -- The client whose key asked.
  asked_by      text COLLATE "C" NOT NULL,
  kind          text NOT NULL,
  -- As it was sent, and as it is carried out: see lib/queries/question.ts.
  request       json NOT NULL,
  question      json NOT NULL,
  status        text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'completed', 'failed')),
  -- Estimated by the rollups.
  events        bigint NOT NULL,
  parts         integer NOT NULL,
  parts_done    integer NOT NULL DEFAULT 0,
  -- What the parts so far have found, compressed; null before the first and after the last.
  state         bytea,
  -- JSON text, as it is returned.
  result        json,
  error         text,
  as_of         timestamptz,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  -- The call that works on it, and how long the others leave it to that.
  claim         uuid,
  claimed_until timestamptz
);
CREATE INDEX queries_asker ON queries (asked_by, created_at, query_id);
CREATE INDEX queries_time ON queries (created_at, query_id);
