/** The API's final data on each client and each receipt. */
import { setTimeout as sleep } from "node:timers/promises";
import { recoverAudit } from "../lib/audit/record/recover.ts";
import { call } from "./client.ts";
import type { Ledger } from "./ledger.ts";
import type { Account } from "./load.ts";
import type { System } from "./system.ts";

export interface Receipt {
  accepted: number;
  stored: number;
  duplicates: number;
  quarantined: number;
  pending: number;
  completed_at: string | null;
}

export interface Told {
  /** By client: GET /v1/analytics/count and the sum of GET /v1/analytics/series. */
  counts: Map<string, { count: number; series: number }>;
  /** By receipt id; undefined if there is no such receipt. */
  receipts: Map<string, Receipt | undefined>;
  pipeline: Receipt & { queue: { events: number; dead_letters: number }; audit: { missing: number } };
  /** Some events as the API returns them. */
  samples: { clientId: string; id: string; text: string }[];
  verified: { valid: boolean };
  health: string;
}

const ATTEMPTS = 20;
const AT_ONCE = 8;
const SAMPLES = 50;

/** @throws if the API does not answer after all faults */
export async function readTold(
  system: System,
  ledger: Ledger,
  accounts: readonly Account[],
  stored: readonly { clientId: string; id: string }[],
): Promise<Told> {
  const getText = async (
    path: string,
    key: string,
    allowed: readonly number[] = [200],
  ): Promise<string | undefined> => {
    let last = "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const base = system.apis[attempt % system.apis.length]?.url ?? "";
      const answer = await call(ledger, base, path, { key, timeoutMs: 40_000 });
      if (answer.status === 200) return answer.text;
      if (allowed.includes(answer.status)) return undefined;
      last = `${answer.status} ${answer.text.slice(0, 200)}`;
      await sleep(500);
    }
    throw new Error(`GET ${path} does not answer after all faults: ${last}`);
  };
  const get = async <T>(path: string, key: string, allowed?: readonly number[]): Promise<T | undefined> => {
    const text = await getText(path, key, allowed);
    return text === undefined ? undefined : (JSON.parse(text) as T);
  };
  const needed = async <T>(path: string, key: string): Promise<T> => (await get<T>(path, key)) as T;
  const start = encodeURIComponent(new Date(Date.now() - 10 * 86_400_000).toISOString());
  const end = encodeURIComponent(new Date(Date.now() + 86_400_000).toISOString());
  const told: Told = {
    counts: new Map(),
    receipts: new Map(),
    pipeline: await needed("/v1/pipeline", system.adminKey),
    samples: [],
    verified: await needed("/v1/audit/verify", system.adminKey),
    health: (await needed<{ status: string }>("/health", system.adminKey)).status,
  };
  for (const { clientId, key } of accounts) {
    const range = `start=${start}&end=${end}`;
    const { count } = await needed<{ count: number }>(`/v1/analytics/count?${range}`, key);
    const { series } = await needed<{ series: { count: number }[] }>(
      `/v1/analytics/series?interval=day&${range}`,
      key,
    );
    told.counts.set(clientId, { count, series: series.reduce((sum, bucket) => sum + bucket.count, 0) });
  }
  const keys = new Map(accounts.map(({ clientId, key }) => [clientId, key]));
  for (let number = 0; number < Math.min(SAMPLES, stored.length); number++) {
    const event = stored[Math.floor((number * stored.length) / SAMPLES)];
    if (!event) continue;
    const { clientId, id } = event;
    const text = await getText(`/v1/events/${encodeURIComponent(id)}`, keys.get(clientId) ?? "", [200, 404]);
    told.samples.push({ clientId, id, text: text ?? "" });
  }
  const waiting = [...ledger.taken];
  const ask = async (): Promise<void> => {
    for (let one = waiting.pop(); one; one = waiting.pop()) {
      const key = keys.get(one.clientId) ?? "";
      told.receipts.set(one.receiptId, await get(`/v1/receipts/${one.receiptId}`, key, [200, 404]));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return told;
}

/** The number of missing audit rows according to the API. @throws if it does not answer after all faults */
export async function readMissing(system: System, ledger: Ledger): Promise<number> {
  const base = system.apis[0]?.url ?? "";
  for (let attempt = 1; ; attempt++) {
    const { status, text } = await call(ledger, base, "/v1/pipeline", { key: system.adminKey });
    if (status === 200) return (JSON.parse(text) as { audit: { missing: number } }).audit.missing;
    if (attempt === ATTEMPTS)
      throw new Error(`GET /v1/pipeline does not answer after all faults: ${status} ${text}`);
    await sleep(500);
  }
}

/** Recovers audit rows that could not be queued from the functions' logs. @returns request ids found there */
export async function recoverFromLogs(system: System): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const text of await system.logFiles()) {
    const lines = text.split("\n").filter((line) => line.includes("audit-not-queued"));
    for (const line of lines)
      for (const [, id = ""] of line.matchAll(/"audit":\{"v":1,"id":"([0-9a-f-]{36})"/g)) ids.add(id);
    async function* each(): AsyncGenerator<string> {
      yield* lines;
    }
    await recoverAudit(system.deps, each(), { found: 0, queued: 0, bad: [] });
  }
  return ids;
}
