/** A complete system whose queue goes away and whose server dies while published senders send to it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { expect, vi } from "vitest";
import type { Config } from "../../../lib/config/config.ts";
import { startRedis } from "../../../local/redis.ts";
import { startSqs } from "../../../local/sqs.ts";
import type { StackOptions } from "../../../local/stack.ts";
import { atEnd } from "../cleanup.ts";
import { ownServer } from "../faults.ts";
import { testSystem } from "../servers/system.ts";
import { behindProxy, type TcpProxy } from "../servers/tcp-proxy.ts";
import { tempFolder } from "../servers/temp-folder.ts";

/** Where a sender sends, as a client of its own. */
export interface Target {
  /** Through a proxy of its own. */
  url: string;
  secret: string;
  client: string;
  proxy: TcpProxy;
}

/** What the system has kept of a client. */
export interface Kept {
  /** Ids, or what `idOf` returns; with repetitions, if there are any. */
  stored: string[];
  quarantined: string[];
}

/** A stored event. */
export interface Row {
  event_id: string;
  payload: string;
}

export type FaultySystem = Awaited<ReturnType<typeof faultySystem>>;

/** So little that each sender gets 429, and more than the largest request of one has. */
const LIMIT = { rate_limit_per_second: 10, burst: 20 };
/** Three times the visibility timeout, after which a message comes back. */
const QUIET_MS = 15_000;
const PATIENCE = { timeout: 120_000, interval: 20 };

export async function faultySystem(queue: Config["queue"]) {
  const dataDir = await tempFolder("senders");
  const server = await queueServer(queue);
  // What a killed worker had received comes back after this time.
  const environment = { QUEUE_VISIBILITY_SECONDS: "5" };
  const system = await testSystem(environment, { dataDir, queue, ...server.options });
  const { databaseUrl, adminKey, url: ownUrl } = system.stack;
  const sql = postgres(databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  const pid = async (): Promise<number> => Number(await readFile(join(dataDir, "api.pid"), "utf8"));

  /**
   * Until nothing is pending. With SQS, also once nothing has changed for long: a server that was killed after Redis admitted a
   * request and before SQS had it leaves it pending for 15 minutes (`unconfirmed-dropped` in docs/operations.md).
   */
  const settled = async (client: string): Promise<void> => {
    let last = "";
    let changedAt = Date.now();
    const state = async (): Promise<object> => {
      const {
        pending,
        stored,
        duplicates,
        quarantined,
        queue: waiting,
      } = (await system.get(`/v1/pipeline?client=${client}`, adminKey)).body;
      const now = JSON.stringify([pending, stored, duplicates, quarantined]);
      if (now !== last) [last, changedAt] = [now, Date.now()];
      const isQuiet = queue === "sqs" && Date.now() - changedAt > QUIET_MS;
      return { settled: pending === 0 || isQuiet, deadLetters: waiting.dead_letters };
    };
    await expect.poll(state, { timeout: 60_000 }).toEqual({ settled: true, deadLetters: 0 });
  };

  return {
    system,
    /** @param settings of the client */
    target: async (settings: object = {}): Promise<Target> => {
      const { url, proxy } = await behindProxy(ownUrl);
      const client = await system.newClient({ name: "sender", ...LIMIT, ...settings });
      const { secret } = await system.newKey(client, { scopes: ["ingest"] });
      return { url: url.replace(/\/$/, ""), secret, client, proxy };
    },
    /**
     * While senders send: each gets 429, gets 503 since the queue is away, loses a response, and finds the server gone, killed
     * and started again. Resolves when each has been accepted once more after that.
     */
    breakAll: async (targets: readonly Target[]): Promise<void> => {
      const proxies = targets.map(({ proxy }) => proxy);
      const each = async (done: (proxy: TcpProxy) => boolean, message: string): Promise<void> => {
        await Promise.all(
          proxies.map((proxy) => vi.waitFor(() => expect(done(proxy), message).toBe(true), PATIENCE)),
        );
      };
      const moreAccepted = (): Promise<void> => {
        const before = new Map(proxies.map((proxy) => [proxy, acceptedBy(proxy)]));
        return each((proxy) => acceptedBy(proxy) > (before.get(proxy) ?? 0), "is accepted again");
      };
      await each((proxy) => proxy.answers(429) > 0, "gets 429");
      await server.stop();
      await each((proxy) => proxy.answers(503) > 0, "gets 503");
      await server.start();
      await moreAccepted();
      for (const proxy of proxies) proxy.loseNextReply();
      await each((proxy) => proxy.lost() > 0, "loses a response");
      const first = await pid();
      process.kill(first, "SIGKILL");
      await vi.waitFor(async () => expect(await pid()).not.toBe(first), PATIENCE);
      await moreAccepted();
    },
    /** Waits until nothing of a client is pending. @param idOf what identifies an event to its sender */
    keptOf: async (client: string, idOf = ({ event_id }: Row): string => event_id): Promise<Kept> => {
      await settled(client);
      const rows = await sql<Row[]>`
        SELECT event_id, payload::text FROM events WHERE client_id = ${client} ORDER BY event_id`;
      const aside = (await system.get(`/v1/quarantine?client=${client}&limit=1000`, adminKey)).body.events;
      return { stored: rows.map(idOf), quarantined: aside.map((row: Row) => row.event_id).toSorted() };
    },
  };
}

/** Segment's calls and OTLP are accepted with 200, all else with 202. */
const acceptedBy = (proxy: TcpProxy): number => proxy.answers(200) + proxy.answers(202);

interface QueueServer {
  options: Partial<StackOptions>;
  stop: () => Promise<void>;
  start: () => Promise<void>;
}

/** The server of the queue, which can go away and come back with its data. */
async function queueServer(queue: Config["queue"]): Promise<QueueServer> {
  if (queue === "redis") {
    const { url, stop, start } = await ownServer(startRedis);
    return { options: { redisUrl: url }, stop, start };
  }
  const dataDir = await tempFolder("sqs");
  const startAt = (port: number) => startSqs({ dataDir, port, log: () => {} });
  let server = await startAt(0);
  atEnd(() => server.stop());
  const { url, port } = server;
  return {
    options: { sqsEndpoint: url },
    stop: () => server.stop(),
    start: async () => {
      server = await startAt(port);
    },
  };
}
