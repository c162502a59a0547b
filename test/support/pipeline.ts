/** Runs the pipeline by hand: a client, calls to the ingest handler, and a worker that empties the queue. */
import { randomUUID } from "node:crypto";
import type { APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { expect } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { hashSecret, newKeyId, newSecret, secretPrefix } from "../../lib/base/ids.ts";
import type { Scope } from "../../lib/base/scope.ts";
import { drainOnce } from "../../lib/worker/drain-queue.ts";
import { ingestEvent, ingestHandler } from "./http/ingest-handler.ts";
import { countedBy } from "./rollups.ts";

interface TestClient {
  clientId: string;
  secret: string;
}

/** Adds a client with one key directly to the database. */
export async function addClient(
  { sql }: Deps,
  clientId: string,
  { rate = 100_000, burst = 1_000_000, scopes = ["ingest", "read"] as Scope[] } = {},
): Promise<TestClient> {
  const secret = newSecret(clientId);
  await sql`INSERT INTO clients (client_id, name, rate_limit_per_second, burst) VALUES (${clientId}, ${clientId}, ${rate}, ${burst})`;
  await sql`INSERT INTO api_keys (key_id, client_id, hash, prefix, scopes)
            VALUES (${newKeyId()}, ${clientId}, ${hashSecret(secret)}, ${secretPrefix(secret)}, ${scopes})`;
  return { clientId, secret };
}

/** Returns an event that is valid now. */
export const anEvent = (overrides: Record<string, unknown> = {}): Record<string, unknown> => ({
  event_id: randomUUID(),
  event_type: "test.happened",
  timestamp: new Date().toISOString(),
  payload: { n: 1 },
  ...overrides,
});

/** The members that tests read; every answer has some of them. */
interface AnswerBody {
  [member: string]: unknown;
  receipt_id: string;
  accepted: number;
  duplicates: number;
  rejected: number;
  code: string;
  errors: Record<string, unknown>[];
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  /** The body as JSON; empty if it is not JSON. */
  body: AnswerBody;
}

/** The part of Lambda's context that handlers read. */
export const context = {
  awsRequestId: randomUUID(),
  functionName: "weir-test-health",
  getRemainingTimeInMillis: () => 30_000,
} as unknown as Context;

export function toAnswer(result: APIGatewayProxyStructuredResultV2): Answer {
  const headers = result.headers ?? {};
  const body = result.body && isJson({ headers }) ? JSON.parse(result.body) : {};
  return { status: result.statusCode ?? 0, headers, body };
}

export const isJson = ({ headers }: Pick<Answer, "headers">): boolean =>
  /^application\/(?:problem\+)?json/.test(String(headers["content-type"]));

/** Sends a body (text unchanged, other values as JSON) through the ingest function's own stack. */
export async function send(
  deps: Deps,
  secret: string | undefined,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return toAnswer(await ingestHandler(deps)(ingestEvent(secret, text, headers), context));
}

/** Faults in a row after which `drainAll` gives up. A busy machine may exceed the time-out of a command. */
const MOST_FAULTS = 3;

/**
 * Processes every waiting message, `maxMessages` at a time; like a worker, it repeats what throws.
 * @returns the ids of messages that were at fault
 */
export async function drainAll(deps: Deps, maxMessages = 200): Promise<string[]> {
  const failures: string[] = [];
  for (let faults = 0; ; ) {
    try {
      const { received, failed } = await drainOnce(deps, { maxMessages });
      if (received === 0) return failures;
      failures.push(...failed);
      faults = 0;
    } catch (error) {
      if (++faults === MOST_FAULTS) throw error;
    }
  }
}

/** Sends a body, and processes every waiting message. */
export async function sendAndStore(deps: Deps, secret: string, body: unknown): Promise<Answer> {
  const answer = await send(deps, secret, body);
  await drainAll(deps);
  return answer;
}

/** The audit row of a request whose events were accepted. */
export const anAuditRow = (client_id: string): object => ({
  method: "POST",
  route: "/v1/events",
  path: "/v1/events",
  address: null,
  user_agent: null,
  bytes_in: 1,
  bytes_out: 1,
  client_id,
  key_prefix: null,
  status: 202,
  duration_ms: 1,
});

/** Counts what PostgreSQL has of a client in five ways, with its receipts and totals. */
export async function counts({ sql }: Deps, clientId: string) {
  const [row] = await sql`
    SELECT (SELECT count(*)::int FROM events WHERE client_id = ${clientId}) AS events,
           (SELECT count(*)::int FROM event_ledger WHERE client_id = ${clientId}) AS ledger,
           ${countedBy(sql, 1, sql`client_id = ${clientId}`, sql`'-infinity'`)} AS minutes,
           ${countedBy(sql, 15, sql`client_id = ${clientId}`, sql`'-infinity'`)} AS quarters,
           ${countedBy(sql, 60, sql`client_id = ${clientId}`, sql`'-infinity'`)} AS hours,
           ${countedBy(sql, 1440, sql`client_id = ${clientId}`, sql`'-infinity'`)} AS days,
           (SELECT count(*)::int FROM quarantine WHERE client_id = ${clientId}) AS quarantine,
           (SELECT coalesce(sum(accepted), 0)::int FROM receipts WHERE client_id = ${clientId}) AS accepted,
           (SELECT coalesce(sum(stored), 0)::int FROM pipeline_totals WHERE client_id = ${clientId}) AS stored,
           (SELECT coalesce(sum(duplicates), 0)::int FROM pipeline_totals WHERE client_id = ${clientId}) AS duplicates,
           (SELECT coalesce(sum(quarantined), 0)::int FROM pipeline_totals WHERE client_id = ${clientId}) AS quarantined`;
  return row;
}

/** The result of `counts` if each of the client's events is stored once. @param others members that differ */
export const stored = (events: number, others: object = {}): object => ({
  events,
  ledger: events,
  minutes: events,
  quarters: events,
  hours: events,
  days: events,
  stored: events,
  quarantine: 0,
  quarantined: 0,
  ...others,
});

/** Expects that Redis has nothing of processed messages, and that the counts agree. */
export async function expectTidy(deps: Deps, clientId: string): Promise<void> {
  // The audit rows of the test's own calls.
  await drainAll(deps);
  for (const { receipts, open, waiting, stats } of deps.shards.all) {
    expect(await deps.redis.hlen(receipts)).toBe(0);
    expect(await deps.redis.zcard(open)).toBe(0);
    expect(await deps.redis.hlen(waiting)).toBe(0);
    expect(Number(await deps.redis.hget(stats, "events"))).toBe(0);
  }
  const row = await counts(deps, clientId);
  const settled = Number(row?.stored) + Number(row?.duplicates) + Number(row?.quarantined);
  expect(Number(row?.accepted)).toBe(settled);
}

/** Ids of the client's events that Redis has marked as seen, sorted; each begins with `=` or `#`. */
export async function markedAsSeen({ redis }: Pick<Deps, "redis">, clientId: string): Promise<string[]> {
  const keys = await redis.keys(`*:seen:${clientId}:*`);
  const fields = (await Promise.all(keys.map((key) => redis.hkeys(key)))).flat();
  return fields.filter((field) => /^[=#]/.test(field)).sort();
}

/** Makes Redis forget which of the client's events it has seen, and with Redis as the queue, all else too. */
export async function forgetSeen({ redis, config }: Deps, clientId: string): Promise<void> {
  const keys = await redis.keys(`*:seen:${clientId}:*`);
  if (config.queue === "redis") await redis.flushdb();
  else if (keys.length > 0) await redis.del(...keys);
}

/** The number of transactions in the test's database that wait for a lock. */
export async function countWaiting({ sql }: Pick<Deps, "sql">): Promise<number> {
  const rows = await sql`
    SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return rows.length;
}
