/** Real payloads, signed by the senders' own libraries, to the complete system, whose server dies and whose answers are lost. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { verify } from "@octokit/webhooks-methods";
import postgres from "postgres";
import { Webhook } from "standardwebhooks";
import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { startRedis } from "../../local/redis.ts";
import { atEnd } from "../support/cleanup.ts";
import { ownServer } from "../support/faults.ts";
import { STRIPE_SECRET } from "../support/http/webhooks.ts";
import { QUEUES } from "../support/queue/queues.ts";
import { testSystem } from "../support/servers/system.ts";
import { behindProxy } from "../support/servers/tcp-proxy.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";
import { githubPayloads, standardPayloads, stripePayloads } from "../support/webhooks/payloads.ts";
import { redeliver } from "../support/webhooks/redeliver.ts";
import { githubDelivery, type Sent, standardDelivery, stripeDelivery } from "../support/webhooks/senders.ts";

type Kind = "github" | "standard" | "stripe";
const KINDS: readonly Kind[] = ["github", "standard", "stripe"];
const PAYLOADS = { github: githubPayloads, standard: standardPayloads, stripe: stripePayloads };

interface Numbered {
  id: string;
  type: string;
  /** Signs it anew, as it is each time that it is sent. */
  sign: (secret: string) => Promise<Sent> | Sent;
}

const nth = <T>(all: readonly T[], n: number): T => all[n % all.length] as T;

/** As many deliveries of one kind, with different ids. */
function deliveriesOf(kind: Kind, count: number): Numbered[] {
  return Array.from({ length: count }, (_, n): Numbered => {
    const id = `${kind}-${String(n).padStart(4, "0")}`;
    if (kind === "github") {
      const { name, payload } = nth(githubPayloads, n);
      const type = "action" in payload && payload.action ? `${name}.${payload.action}` : name;
      const form = n % 3 === 1;
      return { id, type, sign: (secret) => githubDelivery(secret, name, payload, { id, form }) };
    }
    if (kind === "standard") {
      const payload = { ...nth(standardPayloads, n), timestamp: new Date(Date.now() - 1_000).toISOString() };
      const name = n % 2 === 0 ? "webhook" : "svix";
      return { id, type: payload.type, sign: (secret) => standardDelivery(secret, payload, { id, name }) };
    }
    const event = nth(stripePayloads, n);
    let pending = 3;
    const created = Math.floor(Date.now() / 1_000) - 3_600;
    // As Stripe counts down what is not delivered yet.
    const sign = (secret: string) =>
      stripeDelivery(secret, { ...event, id, created, pending_webhooks: Math.max(0, pending--) });
    return { id, type: event.type, sign };
  });
}

/** Checks a stored payload by the sender's own library. */
const PROOFS: Record<Kind, (secret: string, body: string, headers: Record<string, string>) => unknown> = {
  github: (secret, body, headers) => verify(secret, body, headers["x-hub-signature-256"] ?? ""),
  standard: (secret, body, headers) => {
    const renamed = Object.entries(headers).map(([name, value]) => [name.replace("svix", "webhook"), value]);
    new Webhook(secret).verify(body, Object.fromEntries(renamed));
    return true;
  },
  stripe: (secret, body, headers) =>
    Stripe.webhooks.signature?.verifyHeader(body, headers["stripe-signature"] ?? "", secret, 300),
};

async function start(queue: "redis" | "sqs", kind: Kind, limit: object = {}) {
  const dataDir = await tempFolder("webhooks");
  const redis = await ownServer(startRedis);
  const system = await testSystem({}, { dataDir, queue, redisUrl: redis.url });
  const { url, proxy } = await behindProxy(system.stack.url);
  const client = await system.newClient({ name: "receiver", ...limit });
  const { adminKey: key, databaseUrl } = system.stack;
  const body = { source: "main", kind, ...(kind === "stripe" && { secret: STRIPE_SECRET }) };
  const made = await system.api.call("POST", `/v1/clients/${client}/webhooks`, { key, body });
  expect(made.status, made.text).toBe(201);
  const sql = postgres(databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  return {
    ...{ proxy, redis, sql },
    url: new URL(made.body.path, url).href,
    secret: String(made.body.secret),
    pid: async (): Promise<number> => Number(await readFile(join(dataDir, "api.pid"), "utf8")),
    stored: () => sql<{ event_id: string; event_type: string; payload: string }[]>`
      SELECT event_id, event_type, payload::text AS payload FROM events WHERE client_id = ${client}
       ORDER BY event_id`,
    /** Waits until nothing is pending. */
    settled: () =>
      expect
        .poll(async () => (await system.get(`/v1/pipeline?client=${client}`, key)).body, { timeout: 60_000 })
        .toMatchObject({ pending: 0, quarantined: 0, queue: { events: 0, dead_letters: 0 } }),
  };
}

/** True if the sender's own library accepts what was stored. */
async function isProven(
  kind: Kind,
  secret: string,
  body: string,
  headers: Sent["headers"],
): Promise<boolean> {
  try {
    return (await PROOFS[kind](secret, body, headers)) === true;
  } catch {
    return false;
  }
}

type Body = string | Uint8Array<ArrayBuffer>;
type Request = { headers: Sent["headers"]; body: Body };

const post = (url: string, { headers, body }: Request): Promise<Response> =>
  fetch(url, { method: "POST", headers, body });

async function expectTaken(url: string, request: Request, counts: object): Promise<void> {
  const answer = await post(url, request);
  expect([answer.status, await answer.json()]).toMatchObject([202, { ...counts, rejected: 0 }]);
}

async function expectRefused(url: string, request: Request): Promise<void> {
  const answer = await post(url, request);
  expect([answer.status, await answer.json()]).toMatchObject([401, { code: "invalid-signature" }]);
}

function withChangedByte({ headers, body }: Sent): Request {
  const bytes = new Uint8Array(Buffer.from(body));
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return { headers, body: bytes };
}

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  it.each(KINDS)(
    "each real payload of %s that is sent ten times is stored once, a changed byte is 401, and what is stored proves it",
    async (kind) => {
      const system = await start(queue, kind);
      const deliveries = deliveriesOf(kind, PAYLOADS[kind].length);
      const first = new Map<string, Sent>();
      for (const { id, sign } of deliveries) {
        const sent = await sign(system.secret);
        first.set(id, sent);
        await expectRefused(system.url, withChangedByte(sent));
        await expectTaken(system.url, sent, { accepted: 1, duplicates: 0 });
      }
      for (let n = 1; n < 10; n++) {
        if (n === 5) await system.settled();
        for (const { sign } of deliveries)
          await expectTaken(system.url, await sign(system.secret), { accepted: 0, duplicates: 1 });
      }
      await system.settled();
      const events = await system.stored();
      expect(events.map(({ event_id, event_type }) => [event_id, event_type])).toEqual(
        deliveries.map(({ id, type }) => [id, type]),
      );
      for (const { event_id, payload } of events) {
        const { body, headers, data } = JSON.parse(payload);
        expect(body).toBe(first.get(event_id)?.body);
        expect(data).toBeTypeOf("object");
        expect(await isProven(kind, system.secret, body, headers)).toBe(true);
        expect(await isProven(kind, system.secret, `${body} `, headers)).toBe(false);
      }
    },
  );

  it.each(KINDS)(
    "what a sender of %s believes delivered is stored once, through 429, 503, lost answers and a killed server",
    async (kind) => {
      const system = await start(queue, kind, { rate_limit_per_second: 20, burst: 5 });
      const { proxy, redis, pid } = system;
      const before = await pid();
      const statuses: number[] = [];
      const deliveries = deliveriesOf(kind, 160);
      const outcomes: Promise<void>[] = [];
      for (const [n, { sign }] of deliveries.entries()) {
        if (n % 40 === 5) proxy.loseNextReply(1);
        if (n === 80) await redis.stop();
        outcomes.push(redeliver(system.url, () => sign(system.secret), statuses));
        if (n === 90) {
          await expect.poll(() => statuses.includes(503), { timeout: 30_000, interval: 20 }).toBe(true);
          await redis.start();
        }
        if (n === 120) process.kill(before, "SIGKILL");
        await sleep(5);
      }
      await Promise.all(outcomes);
      expect(await pid()).not.toBe(before);
      expect(proxy.lost()).toBeGreaterThan(1);
      expect([...new Set(statuses)].toSorted()).toEqual([202, 429, 503]);
      // Not until nothing is pending: what SQS was never sent since the server died is counted as waiting for minutes.
      await expect
        .poll(async () => (await system.stored()).map(({ event_id }) => event_id), { timeout: 60_000 })
        .toEqual(deliveries.map(({ id }) => id));
    },
  );
});
