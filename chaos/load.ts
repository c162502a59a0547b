/** Many clients that send concurrently. */
import { setTimeout as sleep } from "node:timers/promises";
import { Client, call } from "./client.ts";
import { requestsOf } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import type { Options } from "./options.ts";
import { random } from "./random.ts";
import type { System } from "./system.ts";

/** Pause between the requests of one client, in milliseconds. */
const THINKING_MS: readonly [number, number] = [5, 120];
/** One client has a rate limit that it reaches. */
const LIMITED = { rate_limit_per_second: 60, burst: 400 };
const UNLIMITED = { rate_limit_per_second: 1_000_000, burst: 1_000_000 };

export interface Account {
  clientId: string;
  key: string;
}

/** Creates the clients and their keys, over HTTP, before any fault. */
export async function makeAccounts(system: System, ledger: Ledger, count: number): Promise<Account[]> {
  const base = system.apis[0]?.url ?? "";
  const post = async <T>(path: string, body: object): Promise<T> => {
    const answer = await call(ledger, base, path, {
      method: "POST",
      key: system.adminKey,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      timeoutMs: 30_000,
    });
    if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text) as T;
  };
  const accounts: Account[] = [];
  for (let number = 0; number < count; number++) {
    const clientId = `chaos-${number}`;
    const limit = number === 0 ? LIMITED : UNLIMITED;
    await post("/v1/clients", { client_id: clientId, name: clientId, ...limit });
    const { secret } = await post<{ secret: string }>(`/v1/clients/${clientId}/keys`, {
      scopes: ["ingest", "read"],
    });
    accounts.push({ clientId, key: secret });
  }
  return accounts;
}

export interface LoadOptions {
  options: Options;
  system: System;
  ledger: Ledger;
  accounts: readonly Account[];
  /** Time from which no new request begins, in milliseconds since the Unix epoch. */
  endsAt: number;
  /** Aborts all requests. */
  signal: AbortSignal;
}

/** Resolves when each client has finished its last request. */
export async function runLoad({
  options,
  system,
  ledger,
  accounts,
  endsAt,
  signal,
}: LoadOptions): Promise<void> {
  const bases = system.proxies.apis.map(({ port }) => `http://127.0.0.1:${port}`);
  const baseMs = Math.floor(Date.now() / 60_000) * 60_000;
  let turn = 0;
  const base = (): string => bases[turn++ % bases.length] ?? "";
  await Promise.all(
    accounts.map(async ({ clientId, key }) => {
      const client = new Client({ ledger, clientId, key, base, jitter: Math.random, signal });
      const pauses = random(options.seed, `pauses of ${clientId}`);
      for (const request of requestsOf(options.seed, clientId, baseMs)) {
        if (Date.now() >= endsAt || signal.aborted) return;
        const sends = [client.send(request), ...(request.twice ? [client.send(request)] : [])];
        if ((await Promise.all(sends)).includes(false))
          ledger.complaints.push(`${clientId} has a request that was never accepted.`);
        await sleep(pauses.int(...THINKING_MS));
      }
    }),
  );
}
