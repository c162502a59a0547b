/** The packaged functions through Lambda's Runtime API, with their secrets in Moto and real databases. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { brotliDecompressSync } from "node:zlib";
import type { SQSEvent, SQSRecord } from "aws-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import scheduled from "../fixtures/eventbridge-scheduled.json" with { type: "json" };
import captured from "../fixtures/sqs.json" with { type: "json" };
import { type GatewayRequest, gatewayEvent } from "../support/http/gateway.ts";
import { anEvent } from "../support/pipeline.ts";
import type { FunctionProcess, Outcome } from "../support/servers/function-process.ts";
import { PROJECT, packageStack } from "./stack.ts";
import { type Stage, startStage } from "./stage.ts";

/** Time limit of a call over HTTP. */
const CALL_MS = 5_000;
const WORKER_MS = 60_000;
/** How long instances are frozen. */
const FREEZE_MS = 60_000;

let folder: string;
let stage: Stage;
let admin: string;
let key: string;

const answer = (outcome: Outcome) => {
  if (outcome.ended !== "answered") throw new Error(JSON.stringify(outcome));
  return outcome.answer;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-runtime-"));
  const sqs = await packageStack(join(folder, "sqs"), "dev", "sqs");
  const redis = await packageStack(join(folder, "redis"), "dev", "redis");
  stage = await startStage(folder, { sqs, redis });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @param queue of the package whose function runs */
const migrate = async (command: object, queue = "sqs", others: Record<string, string> = {}) =>
  answer(await (await stage.start("migrate", queue, others)).call(command, 120_000)) as Record<
    string,
    unknown
  >;

describe("migrate", () => {
  it("migrates an empty database with the migrations in its package, and gives each function its secret", async () => {
    const made = await migrate({ admin_client: "ops", client: "shop" });
    expect(made.migrations).toEqual((await readdir(join(PROJECT, "lib/postgres/migrations"))).sort());
    expect(made).toMatchObject({ admin_key: { scopes: ["admin"] }, key: { scopes: ["ingest", "read"] } });
    admin = (made.admin_key as { secret: string }).secret;
    key = (made.key as { secret: string }).secret;
    const ingest = await stage.secretOf("ingest");
    const { username, password } = new URL(ingest.DATABASE_URL ?? "");
    expect(ingest).toMatchObject({ username: "weir_ingest", password });
    expect(username).toBe("weir_ingest");
    expect(ingest).not.toHaveProperty("AUDIT_SIGNING_KEY");
    const [audit, checkpoint] = [await stage.secretOf("audit"), await stage.secretOf("checkpoint")];
    expect(new URL(audit.DATABASE_URL ?? "").username).toBe("weir_audit");
    expect(audit.AUDIT_PUBLIC_KEYS).toBe(checkpoint.AUDIT_PUBLIC_KEYS);
    expect(audit).not.toHaveProperty("AUDIT_SIGNING_KEY");
    expect(checkpoint.AUDIT_SIGNING_KEY).toMatch(/^MC4C/);
    expect(new Set([ingest.PLACE_SEED, audit.PLACE_SEED, checkpoint.PLACE_SEED]).size).toBe(1);
  });

  it("changes no secret when it runs again", async () => {
    expect(await migrate({})).toMatchObject({ migrations: [], secrets: [] });
  });

  it("gives the other queue's function a secret too, after a change of the queue", async () => {
    expect(await migrate({}, "redis")).toMatchObject({ secrets: ["drain"] });
  });
});

const call = (route: string, others: Partial<GatewayRequest> = {}) => {
  const [method = "", path = ""] = route.split(" ");
  const headers = { "x-api-key": key, "content-type": "application/json", ...others.headers };
  return gatewayEvent({ method, route: path, ...others, headers });
};
const sendEvent = () => call("POST /v1/events", { body: JSON.stringify(anEvent()) });
const period = { start: "2026-01-01T00:00:00Z", end: "2027-01-01T00:00:00Z" };

interface Tried {
  call(instance: FunctionProcess): Promise<Outcome>;
  /** A successful call's answer. */
  worked: object;
}
const http = (statusCode: number, event: () => object): Tried => ({
  call: (instance) => instance.call(event(), CALL_MS),
  worked: { statusCode },
});
const run = (worked: object, remainingMs: number): Tried => ({
  call: (instance) => instance.call(scheduled, remainingMs),
  worked,
});

/** The messages that wait in SQS, as Lambda passes them to the worker, after others. */
async function batch(others: readonly SQSRecord[] = []): Promise<SQSEvent> {
  const { sdk, client } = stage.sqs;
  const receive = new sdk.ReceiveMessageCommand({ QueueUrl: stage.queueUrl, MaxNumberOfMessages: 10 });
  const [sample] = captured.Records as unknown as [SQSRecord];
  const Records = [...others];
  for (;;) {
    const { Messages = [] } = await client.send(receive);
    if (Messages.length === 0) return { Records };
    for (const { MessageId = "", Body = "" } of Messages)
      Records.push({ ...sample, messageId: MessageId, body: Body });
  }
}

/** Sends an event, and has the worker store what waits. */
const work: Tried = {
  call: async (instance) => {
    const ingest = await started("ingest");
    expect(answer(await ingest.call(sendEvent(), CALL_MS))).toMatchObject({ statusCode: 202 });
    return instance.call(await batch(), WORKER_MS, CALL_MS);
  },
  worked: { batchItemFailures: [] },
};

const FUNCTIONS: Record<string, Tried> = {
  ingest: http(202, sendEvent),
  worker: work,
  analytics: http(200, () => call("GET /v1/analytics/count", { query: period })),
  audit: http(200, () => call("GET /v1/audit", { headers: { "x-api-key": admin } })),
  health: http(200, () => call("GET /health")),
  admin: http(200, () => call("GET /v1/clients", { headers: { "x-api-key": admin } })),
  web: http(200, () => call("GET /openapi.json")),
  drain: run({ messages: 0 }, 22_000),
  maintenance: run({ complete: true }, 900_000),
  checkpoint: run({ busy: false }, 60_000),
};

const instances = new Map<string, FunctionProcess>();
/** An instance that stays warm for the tests of this file. */
async function started(name: string): Promise<FunctionProcess> {
  const instance = instances.get(name) ?? (await stage.start(name));
  instances.set(name, instance);
  return instance;
}

/** True if a call worked; a failed one must end by itself, in a way that lets its caller retry. */
async function works(name: string): Promise<boolean> {
  const { call: once, worked } = FUNCTIONS[name] as Tried;
  const outcome = await once(await started(name));
  try {
    expect(answer(outcome)).toMatchObject(worked);
    return true;
  } catch {
    expect(outcome.ended, name).not.toBe("timed out");
    if (outcome.ended === "answered" && "statusCode" in outcome.answer)
      expect(outcome.answer, name).toMatchObject({ statusCode: 503 });
    return false;
  }
}

/** At most one call of each fails, and then none. */
async function expectOneFailureAtMost(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const first = await works(name);
    if (!first) expect(await works(name), name).toBe(true);
    for (let n = 0; n < 2; n += 1) expect(await works(name), name).toBe(true);
  }
}

it.each(Object.keys(FUNCTIONS))(
  "%s works at its first and its second call, as its own user",
  async (name) => {
    const { call: once, worked } = FUNCTIONS[name] as Tried;
    for (const time of ["first", "second"])
      expect(answer(await once(await started(name))), time).toMatchObject(worked);
    const rows =
      await stage.sql`SELECT DISTINCT usename FROM pg_stat_activity WHERE application_name = 'weir'`;
    const users = rows.map(({ usename }) => usename);
    expect(users.filter((user) => !user.startsWith("weir_"))).toEqual([]);
  },
);

it("web sends the pages of its package, compressed", async () => {
  const headers = { accept: "text/html", "accept-encoding": "gzip, br" };
  for (const event of [
    call("GET /dashboard", { headers }),
    call("GET /docs/errors/{code}", { headers, path: "/docs/errors/conflict", params: { code: "conflict" } }),
  ]) {
    const page = answer(await (await started("web")).call(event, CALL_MS));
    expect(page).toMatchObject({ statusCode: 200, isBase64Encoded: true });
    expect(page.headers).toMatchObject({
      "content-encoding": "br",
      "content-type": "text/html; charset=utf-8",
    });
    expect(brotliDecompressSync(Buffer.from(page.body ?? "", "base64")).toString()).toContain("<html");
  }
});

it("the worker reports the messages that it can't read, and stores the others", async () => {
  const counted = async () => {
    const { body = "" } = answer(await (FUNCTIONS.analytics as Tried).call(await started("analytics")));
    return JSON.parse(body).count as number;
  };
  const before = await counted();
  answer(await (await started("ingest")).call(sendEvent(), CALL_MS));
  const unreadable = captured.Records as unknown as SQSRecord[];
  const outcome = await (await started("worker")).call(await batch(unreadable), WORKER_MS);
  expect(answer(outcome).batchItemFailures).toEqual(
    unreadable.map(({ messageId }) => ({ itemIdentifier: messageId })),
  );
  expect(await counted()).toBe(before + 1);
});

const WARM = ["ingest", "analytics", "worker"];

it("after a minute's freeze in which all connections died, at most one call fails", {
  timeout: 240_000,
}, async () => {
  for (const name of WARM) expect(await works(name), name).toBe(true);
  for (const name of WARM) (await started(name)).pause();
  for (const proxy of Object.values(stage.proxies)) proxy.reset();
  await sleep(FREEZE_MS);
  for (const name of WARM) (await started(name)).resume();
  await expectOneFailureAtMost(WARM);
});

it("after packets of all connections are swallowed, at most one call fails", {
  timeout: 240_000,
}, async () => {
  for (const name of WARM) expect(await works(name), name).toBe(true);
  for (const proxy of Object.values(stage.proxies)) proxy.swallow("open");
  await expectOneFailureAtMost(WARM);
});

it("after a change of the passwords, warm instances log in with the new ones", {
  timeout: 240_000,
}, async () => {
  for (const name of WARM) expect(await works(name), name).toBe(true);
  const before = await stage.secretOf("ingest");
  const { secrets } = await migrate({ rotate_passwords: true });
  expect(secrets).toContain("ingest");
  const after = await stage.secretOf("ingest");
  expect(after.DATABASE_URL).not.toBe(before.DATABASE_URL);
  expect(after.PLACE_SEED).toBe(before.PLACE_SEED);
  await expect(() => stage.login(before.DATABASE_URL ?? "")).rejects.toMatchObject({ code: "28P01" });
  for (const proxy of Object.values(stage.proxies)) proxy.reset();
  await expectOneFailureAtMost(WARM);
});

it("an instance that can't read its secret answers 503, and works when it can", async () => {
  stage.forbidSecrets(true);
  const instance = await stage.start("ingest");
  try {
    const { statusCode, body = "" } = answer(await instance.call(sendEvent(), CALL_MS));
    expect([statusCode, JSON.parse(body).code]).toEqual([503, "database-unavailable"]);
  } finally {
    stage.forbidSecrets(false);
  }
  const again = async () => answer(await instance.call(sendEvent(), CALL_MS)).statusCode;
  await expect.poll(again, { timeout: 45_000, interval: 1_000 }).toBe(202);
});

it("without users of their own all functions have the owner's login, and no user gets its password later", async () => {
  const loginOf = async () => new URL((await stage.secretOf("ingest")).DATABASE_URL ?? "");
  await migrate({}, "sqs", { DATABASE_USERS: "false" });
  const owner = await loginOf();
  expect(owner.username).toBe("postgres");
  await migrate({});
  const own = await loginOf();
  expect(own.username).toBe("weir_ingest");
  expect(own.password).not.toBe(owner.password);
});
