/**
 * What each function's database user may do. It has no other rights: docs/database-users.md shows the result as a table.
 * `SELECT … FOR UPDATE` requires the right to update some column, and `ctid` the right to read the entire table.
 */

/** The functions that have a database user; `migrate` uses the owner's login. */
export const FUNCTION_USERS = [
  "ingest",
  "worker",
  "drain",
  "analytics",
  "audit",
  "health",
  "admin",
  "maintenance",
  "checkpoint",
  "web",
] as const;

export type FunctionUser = (typeof FUNCTION_USERS)[number];

/** Privileges by table, each as GRANT expects it. */
type TablePrivileges = Readonly<Record<string, readonly string[]>>;

export interface Privileges {
  tables: TablePrivileges;
  /** SQL functions that it may execute. */
  functions?: readonly string[];
}

/**
 * The partitioned tables. Only an owner can create, attach, detach and drop partitions, so they belong to the user of
 * `maintenance`, with all their partitions.
 */
export const PARTITIONED = ["audit_log", "audit_personal", "events", "meter_rollups", "rollups"] as const;
export const PARTITIONER = "maintenance" satisfies FunctionUser;

/** The SQL functions of the migrations. */
export const SQL_FUNCTIONS = [
  "add_to_feed",
  "feed_end",
  "feed_state",
  "forget_query_keys",
  "latency_bin",
  "latency_ms",
  "measured_number",
  "merge_bins",
  "packed_until",
] as const;

/** Checks API keys that Redis does not know. */
const KEYS: TablePrivileges = {
  api_keys: ["SELECT (key_id, client_id, hash, prefix, scopes, expires_at, revoked_at)"],
  clients: ["SELECT (client_id, active, rate_limit_per_second, burst, origins)"],
};

/** How fresh an answer is, and the time before which nothing is shown. */
const FRESHNESS: TablePrivileges = {
  receipts: ["SELECT (receipt_id, completed_at)"],
  packing: ["SELECT (before)"],
  retention: ["SELECT (horizon)"],
};

/** Counts what waits, and audit rows that are in a log only. */
const WAITING: TablePrivileges = {
  audit_log: ["SELECT (at, request_id)"],
  audit_unqueued: ["SELECT"],
  pipeline_totals: ["SELECT"],
  receipts: ["SELECT (receipt_id, part, accepted, completed_at)"],
};

/** What events add to in a meter's cell. */
const CELLS = "UPDATE (count, numbers, not_numbers, sum, min, max, latest)";

/** Stores events and audit entries, which it can neither read nor change afterwards, and adds to what is counted. */
const STORE: Privileges = {
  tables: {
    api_keys: ["SELECT (key_id, client_id, prefix, last_used_at)", "UPDATE (last_used_at)"],
    audit_lanes: ["SELECT", "UPDATE (seals, entries, head)"],
    // Which entries were written, and which existed.
    audit_log: ["SELECT (at, request_id, seal, leaf)", "INSERT"],
    audit_personal: ["INSERT"],
    audit_seals: ["INSERT"],
    audit_unqueued: ["SELECT", "INSERT", "UPDATE (recovered)"],
    erasures: ["SELECT (client_id, property, salt, value_sha256, requested_at)"],
    event_ledger: ["SELECT", "INSERT"],
    events: ["INSERT"],
    health_checks: ["INSERT"],
    meter_rollups: ["SELECT", "INSERT", CELLS],
    meters: ["SELECT"],
    packing: ["SELECT (settled)"],
    pipeline_totals: ["SELECT", "INSERT", "UPDATE (stored, duplicates, quarantined)"],
    // A redrive settles them.
    quarantine: [
      "SELECT (client_id, event_key, part, receipt_id, received_at, trace_context)",
      "INSERT",
      "UPDATE (redriven_at, reason, detail)",
      "DELETE",
    ],
    receipts: ["SELECT", "INSERT", "UPDATE (stored, duplicates, quarantined)"],
    rollups: ["SELECT", "INSERT", "UPDATE (count, latency_max_ms, latency_bins, latency_counts)"],
  },
  functions: ["latency_bin", "latency_ms", "measured_number", "merge_bins"],
};

export const PRIVILEGES: Readonly<Record<FunctionUser, Privileges>> = {
  ingest: {
    tables: {
      ...KEYS,
      // Checks the signatures of webhooks.
      webhook_secrets: ["SELECT"],
      webhook_sources: ["SELECT (source, client_id, kind, key_id)"],
      // Compares an event with the first one of its id.
      event_ledger: ["SELECT"],
      events: ["SELECT"],
      quarantine: ["SELECT (client_id, event_key, event)"],
    },
  },
  worker: STORE,
  drain: STORE,
  analytics: {
    tables: {
      ...KEYS,
      ...FRESHNESS,
      ...WAITING,
      event_ledger: ["SELECT"],
      events: ["SELECT"],
      feed: ["SELECT (position, client_id, skipped, count, event_keys, event_times)"],
      queries: ["SELECT", "INSERT", "UPDATE", "DELETE"],
      query_keys: ["SELECT", "INSERT", "UPDATE", "DELETE"],
      quarantine: ["SELECT (client_id, event_key, event, reason, receipt_id, received_at, trace_context)"],
      meter_rollups: ["SELECT"],
      meters: ["SELECT"],
      packed_days: ["SELECT"],
      packed_meter_days: ["SELECT"],
      receipts: ["SELECT"],
      rollups: ["SELECT"],
    },
    functions: ["feed_end", "feed_state", "latency_bin", "latency_ms", "measured_number", "packed_until"],
  },
  audit: {
    tables: {
      ...KEYS,
      audit_checkpoints: ["SELECT"],
      audit_lanes: ["SELECT"],
      audit_log: ["SELECT"],
      audit_personal: ["SELECT"],
      audit_seals: ["SELECT"],
      retention: ["SELECT (audit_horizon)"],
    },
  },
  // Its operations need no key.
  health: {
    tables: {
      ...WAITING,
      // Whether DEFAULT partitions have rows; one column is enough.
      audit_log_default: ["SELECT (at)"],
      audit_personal_default: ["SELECT (at)"],
      events_default: ["SELECT (event_time)"],
      health_checks: ["SELECT", "INSERT"],
    },
  },
  admin: {
    tables: {
      ...FRESHNESS,
      // An erasure waits for the archive.
      archive_days: ["SELECT (client_id)"],
      api_keys: [
        "SELECT",
        "INSERT (key_id, client_id, hash, prefix, scopes, expires_at, webhook_source)",
        "UPDATE (revoked_at)",
      ],
      // To erase who called: of which client and request.
      audit_log: ["SELECT (at, request_id, client_id, lane, seal, leaf)"],
      audit_personal: ["SELECT", "DELETE"],
      // Its rows can't be found by bounds through the parent.
      audit_personal_default: ["SELECT", "DELETE"],
      clients: [
        "SELECT",
        "INSERT (client_id, name, active, rate_limit_per_second, burst, origins)",
        "UPDATE (name, active, rate_limit_per_second, burst, origins)",
      ],
      erasures: [
        "SELECT",
        "INSERT (erasure_id, client_id, property, value, salt, value_sha256, requested_at, requested_by, key_prefix)",
        "UPDATE (value, quarantine_began_at, quarantine_after, quarantine_ended_at, events_to, completed_at, events_erased, quarantined_erased)",
      ],
      events: ["SELECT", "UPDATE (payload)"],
      expired_partitions: ["SELECT (name)"],
      // Fills a new meter, and rebuilds cells after an erasure.
      meter_rollups: ["SELECT", "INSERT", CELLS, "DELETE"],
      meters: [
        "SELECT",
        "INSERT (meter_id, client_id, name, event_type, value, uniques, value_path, names, properties, path_1, path_2, path_3)",
        "UPDATE (known, filled_from, deleted_at)",
      ],
      packed_meter_days: ["SELECT", "DELETE"],
      packing: ["SELECT (before, settled)"],
      quarantine: ["SELECT", "UPDATE (redriven_at, event, detail)"],
      // A completed erasure forgets what was asked about its client.
      queries: ["SELECT (question)", "DELETE"],
      // Writes the remaining secrets to Redis when one is added or removed.
      webhook_secrets: ["SELECT", "INSERT (secret_id, source, secret)", "DELETE"],
      webhook_sources: ["SELECT", "INSERT (source, client_id, kind, key_id)", "DELETE"],
    },
    functions: ["measured_number"],
  },
  maintenance: {
    tables: {
      // MAINTAIN, from PostgreSQL 17 on, is the right to analyze.
      api_keys: ["MAINTAIN"],
      archive_days: ["SELECT", "INSERT", "UPDATE", "MAINTAIN"],
      archive_files: ["SELECT", "INSERT", "UPDATE", "MAINTAIN"],
      audit_checkpoints: ["SELECT (checkpoint, document)", "MAINTAIN"],
      audit_lanes: ["MAINTAIN"],
      audit_seals: ["MAINTAIN"],
      audit_unqueued: ["SELECT", "DELETE", "MAINTAIN"],
      clients: ["SELECT (client_id)", "MAINTAIN"],
      erasures: [
        "SELECT",
        "UPDATE (value, salt, value_sha256, quarantine_began_at, quarantine_after, quarantine_ended_at, events_to, archive_to, completed_at, events_erased, quarantined_erased)",
        "MAINTAIN",
      ],
      event_ledger: ["SELECT", "DELETE", "MAINTAIN"],
      expired_partitions: ["SELECT", "INSERT (name)", "UPDATE (next_block)", "DELETE", "MAINTAIN"],
      feed: ["SELECT", "DELETE", "MAINTAIN"],
      health_checks: ["SELECT (at)", "DELETE", "MAINTAIN"],
      meters: ["SELECT", "UPDATE (known, filled_from)", "DELETE", "MAINTAIN"],
      packed_days: ["SELECT", "INSERT", "UPDATE", "DELETE", "MAINTAIN"],
      packed_meter_days: ["SELECT", "INSERT", "UPDATE", "DELETE", "MAINTAIN"],
      packing: ["SELECT", "UPDATE (before, moved_at, settled)", "MAINTAIN"],
      pipeline_totals: ["MAINTAIN"],
      queries: ["SELECT (query_id, created_at, question, status)", "DELETE", "MAINTAIN"],
      query_keys: ["SELECT (query_id)", "DELETE", "MAINTAIN"],
      // The updates are those of an erasure, and the right to lock rows.
      quarantine: ["SELECT", "UPDATE (event, detail)", "DELETE", "MAINTAIN"],
      receipts: ["SELECT", "UPDATE (completed_at)", "DELETE", "MAINTAIN"],
      retention: ["SELECT", "UPDATE (horizon, moved_at, audit_horizon)", "MAINTAIN"],
      webhook_secrets: ["MAINTAIN"],
      webhook_sources: ["MAINTAIN"],
    },
    functions: ["feed_end", "feed_state", "measured_number"],
  },
  checkpoint: {
    tables: {
      audit_checkpoints: ["SELECT", "INSERT (checkpoint, document, signature)", "UPDATE (in_bucket)"],
      audit_lanes: ["SELECT"],
      audit_seals: ["SELECT"],
      retention: ["SELECT (audit_horizon)"],
    },
  },
  // Its audit rows go through the queue.
  web: { tables: {} },
};
