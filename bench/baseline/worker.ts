/** The plain design's worker: pops one event at a time and inserts it. */
import type { Redis } from "ioredis";
import { QUEUE, type Queued } from "./api.ts";
import type { Database } from "./schema.ts";

/**
 * Runs until the list is empty.
 * @param redis its own connection, since it blocks on it
 * @returns the number of events it processed
 */
export async function plainWorker(sql: Database, redis: Redis): Promise<number> {
  for (let taken = 0; ; taken++) {
    const popped = await redis.brpop(QUEUE, 0.05);
    if (!popped) return taken;
    const event = JSON.parse(popped[1]) as Queued;
    await sql`INSERT INTO plain_events (client_id, event_id, event_type, event_time, payload, received_at)
              VALUES (${event.client_id}, ${event.event_id}, ${event.event_type}, ${event.timestamp},
                      ${event.payload as never}, ${event.received_at})
              ON CONFLICT DO NOTHING`;
  }
}
