/**
 * The usual simple design, for comparison: each request looks up the key and inserts an audit row in PostgreSQL, and pushes
 * the event onto a Redis list. It uses the same libraries as Weir, pooled connections, prepared statements and one schema
 * check; nothing here is deliberately slow. It has no rate limit, no duplicate check and no batches.
 */
import type { Redis } from "ioredis";
import * as z from "zod";
import { type Database, hashKey } from "./schema.ts";

export const QUEUE = "plain:events";

const eventSchema = z.strictObject({
  event_id: z.string().min(1).max(200),
  event_type: z.string().min(1).max(200),
  timestamp: z.iso.datetime({ offset: true }),
  payload: z.looseObject({}),
});

/** An item of the list. */
export interface Queued extends z.output<typeof eventSchema> {
  client_id: string;
  received_at: string;
}

interface Request {
  headers: Readonly<Record<string, string | undefined>>;
  body?: string | undefined;
}

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}

export function plainHandler(sql: Database, redis: Redis): (request: Request) => Promise<Answer> {
  return async ({ headers, body }) => {
    const start = Date.now();
    const key = headers["x-api-key"] ?? "";
    const [owner] = await sql<{ client_id: string }[]>`
      SELECT client_id FROM plain_keys WHERE hash = ${hashKey(key)} AND active`;
    const result = owner ? await take(redis, owner.client_id, body) : answer(401, { error: "invalid key" });
    await sql`INSERT INTO plain_audit (client_id, method, path, status, duration_ms)
              VALUES (${owner?.client_id ?? null}, 'POST', '/events', ${result.statusCode}, ${Date.now() - start})`;
    return result;
  };
}

async function take(redis: Redis, clientId: string, body = ""): Promise<Answer> {
  const parsed = eventSchema.safeParse(parse(body));
  if (!parsed.success) return answer(400, { error: parsed.error.issues[0]?.message ?? "invalid event" });
  const queued: Queued = { ...parsed.data, client_id: clientId, received_at: new Date().toISOString() };
  await redis.lpush(QUEUE, JSON.stringify(queued));
  return answer(202, { status: "accepted", event_id: queued.event_id });
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const answer = (statusCode: number, body: object): Answer => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
