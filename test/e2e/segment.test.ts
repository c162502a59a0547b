/** Published senders of Segment's HTTP API send to the complete system, whose server dies and whose answers are lost meanwhile. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { startRedis } from "../../local/redis.ts";
import { atEnd } from "../support/cleanup.ts";
import { ownServer } from "../support/faults.ts";
import { QUEUES } from "../support/queue/queues.ts";
import { analyticsNode, rudderNode, type SentCall, type SentRequest } from "../support/segment/senders.ts";
import { testSystem } from "../support/servers/system.ts";
import { behindProxy } from "../support/servers/tcp-proxy.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";

const TYPES = ["track", "identify", "page", "screen", "group", "alias"] as const;
const SENDERS = { "@segment/analytics-node": analyticsNode, "@rudderstack/rudder-sdk-node": rudderNode };
/** Longer than an `event_type` may be. */
const TOO_LONG = "x".repeat(300);

async function start(queue: "redis" | "sqs", limit: object) {
  const dataDir = await tempFolder("segment");
  const redis = await ownServer(startRedis);
  const system = await testSystem({}, { dataDir, queue, redisUrl: redis.url });
  const { url, proxy } = await behindProxy(system.stack.url);
  const client = await system.newClient({ name: "senders", ...limit });
  const { secret } = await system.newKey(client, { scopes: ["ingest"] });
  const sql = postgres(system.stack.databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  const { stack, get } = system;
  return {
    ...{ url, proxy, redis, secret },
    pid: async (): Promise<number> => Number(await readFile(join(dataDir, "api.pid"), "utf8")),
    stored: async (): Promise<string[]> =>
      (await sql`SELECT event_id FROM events WHERE client_id = ${client} ORDER BY event_id`).map(
        ({ event_id }) => event_id,
      ),
    quarantined: async (): Promise<string[]> => {
      const { body } = await get(`/v1/quarantine?client=${client}&limit=1000`, stack.adminKey);
      return body.events.map(({ event_id }: { event_id: string }) => event_id).toSorted();
    },
    /** Waits until nothing is pending. */
    settled: () =>
      expect
        .poll(async () => (await get(`/v1/pipeline?client=${client}`, stack.adminKey)).body, {
          timeout: 60_000,
        })
        .toMatchObject({ pending: 0, queue: { events: 0, dead_letters: 0 } }),
  };
}

const repeat = (url: string, { headers, body }: SentRequest): Promise<Response> =>
  fetch(new URL("/v1/batch", url), { method: "POST", headers, body });

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  it.each(Object.entries(SENDERS))(
    "each request of %s that is sent ten times is stored once, and a call that is too long is in quarantine once",
    async (_, makeSender) => {
      const system = await start(queue, {});
      const sender = makeSender(system.url, system.secret);
      const calls: SentCall[] = TYPES.map((type) => ({ messageId: `m-${type}`, type }));
      for (const call of [...calls, { messageId: "m-long", type: "track", event: TOO_LONG } as const])
        sender.send(call);
      await sender.close();
      expect(sender.delivered.size).toBe(TYPES.length + 1);
      for (let n = 1; n < 10; n++) {
        if (n === 5) await system.settled();
        for (const request of sender.requests) {
          const response = await repeat(system.url, request);
          expect([response.status, await response.json()]).toEqual([200, { success: true }]);
        }
      }
      await system.settled();
      expect(await system.stored()).toEqual(calls.map(({ messageId }) => messageId).toSorted());
      expect(await system.quarantined()).toEqual(["m-long"]);
    },
  );

  it.each(Object.entries(SENDERS))(
    "what %s believes delivered is stored or in quarantine once, through 429, 503, lost answers and a killed server",
    async (_, makeSender) => {
      const system = await start(queue, { rate_limit_per_second: 60, burst: 20 });
      const { proxy, redis, pid } = system;
      const sender = makeSender(system.url, system.secret);
      const first = await pid();
      const ids: string[] = [];
      const untilStatus = (status: number) =>
        expect.poll(() => sender.statuses.includes(status), { timeout: 30_000, interval: 20 }).toBe(true);
      for (let n = 0; n < 200; n++) {
        const messageId = `m-${String(n).padStart(3, "0")}`;
        ids.push(messageId);
        if (n % 40 === 5) proxy.loseNextReply(1);
        if (n === 100) await redis.stop();
        sender.send({ messageId, type: TYPES[n % 6] ?? "track", ...(n % 30 === 0 && { event: TOO_LONG }) });
        if (n === 110) {
          await untilStatus(503);
          await redis.start();
        }
        if (n === 150) process.kill(first, "SIGKILL");
        await sleep(5);
      }
      await sender.close();
      expect(await pid()).not.toBe(first);
      expect(proxy.lost()).toBeGreaterThan(1);
      expect([...new Set(sender.statuses)].toSorted()).toEqual([200, 429, 503]);
      await system.settled();
      const [stored, quarantined] = [await system.stored(), await system.quarantined()];
      // Each of them once: neither repeated nor in both.
      const kept = [...stored, ...quarantined].toSorted();
      expect(kept).toEqual([...new Set(kept)]);
      expect([...sender.delivered].filter((id) => !kept.includes(id))).toEqual([]);
      expect([...sender.delivered].toSorted()).toEqual(ids);
      expect(quarantined).toEqual(ids.filter((_, n) => n % 30 === 0));
    },
  );
});
