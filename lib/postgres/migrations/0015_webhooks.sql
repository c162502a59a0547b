-- Senders of webhooks, by the name in their URL. Their deliveries are admitted with an API key of their own, which nobody
-- knows: its hash is of random bytes. The version before has no code that reads these tables, and lists such keys as others.
ALTER TABLE api_keys ADD COLUMN webhook_source text COLLATE "C";

CREATE TABLE webhook_sources (
  source     text COLLATE "C" PRIMARY KEY CHECK (source ~ '^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$'),
  client_id  text COLLATE "C" NOT NULL REFERENCES clients,
  kind       text NOT NULL CHECK (kind IN ('github', 'standard', 'stripe')),
  key_id     text COLLATE "C" NOT NULL UNIQUE REFERENCES api_keys,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_sources_client ON webhook_sources (client_id, source);

-- Unlike an API key, a secret is kept as it is: without it no signature can be computed. Two at once while one is replaced.
CREATE TABLE webhook_secrets (
  secret_id  text COLLATE "C" PRIMARY KEY,
  source     text COLLATE "C" NOT NULL REFERENCES webhook_sources ON DELETE CASCADE,
  secret     text NOT NULL CHECK (length(secret) BETWEEN 16 AND 256),
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_secrets_source ON webhook_secrets (source);
