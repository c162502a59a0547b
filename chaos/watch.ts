/** Observes the system continuously: its own reports and, independently, the state of its servers. */
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import postgres from "postgres";
import { call } from "./client.ts";
import type { Server } from "./faults/fault.ts";
import type { Ledger } from "./ledger.ts";
import type { System } from "./system.ts";

/** A response of GET /v1/pipeline; times in milliseconds since the Unix epoch. */
export interface PipelineLook {
  /** Of one client, or null for all. */
  clientId: string | null;
  startedAt: number;
  endedAt: number;
  accepted: number;
  stored: number;
  duplicates: number;
  quarantined: number;
  pending: number;
}

/** A response of GET /health. */
export interface HealthLook {
  /** Start of the check that it reports. */
  startedAt: number;
  endedAt: number;
  /** The process that answered. */
  api: number;
  status: "ok" | "unavailable";
  text: string;
}

/** Our own write, directly to a server. */
export interface Probe {
  server: Server;
  startedAt: number;
  endedAt: number;
  ok: boolean;
}

export interface Seen {
  pipeline: PipelineLook[];
  health: HealthLook[];
  probes: Probe[];
  /** Periods in which our own process was suspended, so that nothing can be concluded. */
  pauses: { at: number; ms: number }[];
}

const PAUSE_MS = 250;
const PROBE_TIMEOUT_MS = 1_000;
const LONG_PAUSE_MS = 200;

/** Observes until it is stopped. */
export function startWatch(
  system: System,
  ledger: Ledger,
  account: { clientId: string; key: string },
): { seen: Seen; stop: () => Promise<void> } {
  const seen: Seen = { pipeline: [], health: [], probes: [], pauses: [] };
  let stopping = false;
  const loop = async (run: (turn: number) => Promise<void>): Promise<void> => {
    for (let turn = 0; !stopping; turn++) {
      await run(turn);
      await sleep(PAUSE_MS);
    }
  };
  const api = (turn: number): number => turn % system.apis.length;
  const url = (turn: number): string => system.apis[api(turn)]?.url ?? "";
  const probes = startProbes(system);
  const loops = [
    loop(async (turn) => {
      const all = turn % 4 < 2;
      const key = all ? system.adminKey : account.key;
      const { status, text, startedAt, endedAt } = await call(ledger, url(turn), "/v1/pipeline", { key });
      if (status !== 200) return;
      const body = JSON.parse(text) as Omit<PipelineLook, "clientId" | "startedAt" | "endedAt">;
      seen.pipeline.push({ ...body, clientId: all ? null : account.clientId, startedAt, endedAt });
    }),
    loop(async (turn) => {
      const { status, text, startedAt, endedAt } = await call(ledger, url(turn), "/health");
      if (status !== 200 && status !== 503) return;
      const { status: state, at } = JSON.parse(text) as { status?: HealthLook["status"]; at?: string };
      if (state === undefined) return;
      // A response may come from another caller's check; it includes the time of the check.
      const lookedAt = at === undefined ? startedAt : Math.min(startedAt, Date.parse(at));
      seen.health.push({ status: state, text, api: api(turn), startedAt: lookedAt, endedAt });
    }),
    ...probes.list.map(({ server, ask }) =>
      loop(async () => {
        const startedAt = Date.now();
        const ok = await within(PROBE_TIMEOUT_MS, ask);
        seen.probes.push({ server, startedAt, endedAt: Date.now(), ok });
      }),
    ),
    watchOurselves(seen, () => stopping),
  ];
  return {
    seen,
    stop: async () => {
      stopping = true;
      await Promise.all(loops);
      await probes.close();
    },
  };
}

async function watchOurselves(seen: Seen, ended: () => boolean): Promise<void> {
  for (let last = Date.now(); !ended(); last = Date.now()) {
    await sleep(50);
    const ms = Date.now() - last - 50;
    if (ms > LONG_PAUSE_MS) seen.pauses.push({ at: last, ms });
  }
}

function startProbes({ postgres: database, redis, sqs, queue }: System) {
  const connection = new Redis(redis.url, {
    maxRetriesPerRequest: 0,
    connectTimeout: 500,
    commandTimeout: PROBE_TIMEOUT_MS,
    retryStrategy: () => 100,
  });
  connection.on("error", () => {});
  const list: { server: Server; ask: () => Promise<unknown> }[] = [
    { server: "postgres", ask: () => writeTo(database.url) },
    { server: "redis", ask: () => connection.set("chaos:probe", "1", "PX", 1_000) },
  ];
  if (queue === "sqs" && sqs)
    list.push({
      server: "sqs",
      ask: () => fetch(sqs.url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) }),
    });
  return { list, close: async () => connection.disconnect() };
}

/** Uses a new connection each time, as a new function would. */
async function writeTo(url: string): Promise<void> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: 1,
    backoff: false,
    // The driver's own query for types rejects where nobody can catch the error.
    fetch_types: false,
    onnotice: () => {},
    connection: { application_name: "chaos" },
  });
  try {
    // Writes without leaving data behind.
    await sql.begin(async (tx) => {
      await tx`INSERT INTO chaos_probe (n) VALUES (1)`;
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  } finally {
    void sql.end({ timeout: 0 });
  }
}

class Undone extends Error {}

/** True if it resolved in time; never rejects. */
function within(ms: number, ask: () => Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
  const answer = ask().then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]);
}
