/** The plain design's worker: takes one event at a time and inserts it. */
import type { Redis } from "ioredis";
import { QUEUE, type Queued } from "./api.ts";
import type { Database } from "./schema.ts";

/**
 * Works until the list is empty.
 * @param redis a connection of its own, since it waits with it
 * @returns how many events it took
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
