/** The queue is unreachable: audit rows go to the log, are counted, and are recovered from there once. */
import { beforeAll, describe, expect, it } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../lib/app/connect.ts";
import { refuse } from "../../lib/app/fallback.ts";
import { httpHandler } from "../../lib/app/handler.ts";
import { recoverAudit } from "../../lib/audit/record/recover.ts";
import { uuidv7 } from "../../lib/base/ids.ts";
import * as clients from "../../lib/clients/clients.ts";
import * as admin from "../../lib/clients/contract.ts";
import * as events from "../../lib/events/contract.ts";
import { getPipeline } from "../../lib/events/pipeline.ts";
import * as contract from "../../lib/health/contract.ts";
import { checkHealth } from "../../lib/health/health.ts";
import { type Served, serve } from "../../lib/http/call.ts";
import { json } from "../../lib/http/gateway.ts";
import { sendEvents } from "../../lib/ingest/contract.ts";
import { ingest } from "../../lib/ingest/ingest.ts";
import { drain } from "../../lib/worker/process-batch.ts";
import { startRedis } from "../../local/redis.ts";
import { capturePrinted, unqueuedMetric } from "../support/audit/logged.ts";
import { freshDeps, ownServer } from "../support/faults.ts";
import { type GatewayRequest, gatewayEvent } from "../support/http/gateway.ts";
import { runAt } from "../support/maintenance.ts";
import { addClient, anEvent, context, drainAll, toAnswer } from "../support/pipeline.ts";
import { queueConfig } from "../support/queue/queues.ts";
import { sqsIntake } from "../support/queue/sqs-intake.ts";

async function redisAway(queue: "redis" | "sqs") {
  const redis = await ownServer(startRedis);
  const deps = freshDeps(await queueConfig(queue, { redisUrl: redis.url, logLevel: "ERROR" }));
  const start = async (): Promise<void> => {
    await redis.start();
    await expect.poll(() => deps.redis.ping().catch(() => ""), { timeout: 45_000 }).toBe("PONG");
  };
  return { deps, stop: () => redis.stop(), start };
}

async function sqsAway() {
  const { deps, proxy } = await sqsIntake({ logLevel: "ERROR" });
  const set = (away: boolean) => async (): Promise<void> => proxy.refuse(() => away);
  return { deps, stop: set(true), start: set(false) };
}

/** Returns a caller of several functions, answered as one function instance with these servers would. */
function caller(deps: Deps, secret: string) {
  const served: Served<Deps>[] = [
    serve(sendEvents, ingest),
    serve(events.getPipeline, getPipeline),
    serve(contract.getHealth, async (call) => json(200, await checkHealth(call.deps))),
    serve(admin.createClient, async (call) =>
      json(201, await clients.createClient(deps, call.body, call.changed)),
    ),
  ];
  const handler = httpHandler(
    () => deps,
    served,
    async ({ request }) => refuse(request),
  );
  const key = { "x-api-key": secret };
  const type = { "content-type": "application/json" };
  return async (request: Partial<GatewayRequest> & { route: string }, body?: object) => {
    const given = { headers: { ...key, ...(body && type) }, ...(body && { body: JSON.stringify(body) }) };
    const answer = toAnswer(await handler(gatewayEvent({ method: "GET", ...given, ...request }), context));
    return { answer, line: `${answer.headers["x-request-id"]} ${request.method ?? "GET"} ${answer.status}` };
  };
}

async function callEach(deps: Deps, secret: string): Promise<string[]> {
  const call = caller(deps, secret);
  const answers = [
    await call({ method: "POST", route: "/v1/events" }, anEvent()),
    await call({ method: "POST", route: "/v1/events" }, { events: [] }),
    await call({ method: "POST", route: "/v1/events", headers: {} }),
    await call({ route: "/v1/pipeline" }),
    await call({ route: "/health" }),
    await call({ route: "$default", path: "/nowhere" }),
    await call({ method: "POST", route: "/v1/clients" }, { name: "made in the dark" }),
  ];
  return answers.map(({ line }) => line);
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split("\n");
}

const entriesOf = async ({ sql }: Deps): Promise<string[]> => {
  const rows =
    await sql`SELECT concat_ws(' ', request_id, method, status) AS line FROM audit_log ORDER BY at`;
  return rows.map(({ line }) => line);
};

describe.each([
  ["QUEUE=redis and Redis unreachable", () => redisAway("redis")],
  ["QUEUE=sqs and SQS unreachable", sqsAway],
])("with %s", (_, make) => {
  let away: Awaited<ReturnType<typeof redisAway>>;
  let deps: Deps;
  let secret: string;
  beforeAll(async () => {
    away = await make();
    ({ deps } = away);
    ({ secret } = await addClient(deps, "a-client", { scopes: ["admin"] }));
    await callEach(deps, secret);
    await drainAll(deps);
    await deps.sql`TRUNCATE audit_log, audit_personal`;
  });

  it("each call has one entry in the end, and missing rows are counted meanwhile", async () => {
    const doomed = createDeps(deps.config);
    await away.stop();
    const printed = capturePrinted();
    const calls = [...(await callEach(deps, secret)), ...(await callEach(doomed, secret))];
    printed.stop();
    await closeDeps(doomed);
    await away.start();
    const rows = calls.length;
    expect(unqueuedMetric(printed.text())).toEqual({ [context.functionName]: rows });
    expect(printed.text()).not.toContain(secret);

    // The surviving instance reports its own rows with its next call; nobody knows of the other instance's rows.
    const call = caller(deps, secret);
    const expectGaps = async (audit: object): Promise<void> => {
      for (const route of ["/health", "/v1/pipeline"]) {
        const { answer, line } = await call({ route });
        calls.push(line);
        expect(answer).toMatchObject({ status: 200, body: { audit } });
      }
      await drainAll(deps);
    };
    await expectGaps({ logged: 0, recovered: 0, missing: 0 });
    await expectGaps({ logged: rows / 2, recovered: 0, missing: rows / 2 });
    // A message that the queue delivers twice is not counted twice.
    await deps.queue.send([{ body: JSON.stringify(named(calls.slice(0, rows / 2))), events: 0 }]);
    await drainAll(deps);
    await expectGaps({ logged: rows / 2, recovered: 0, missing: rows / 2 });

    for (let time = 1; time <= 2; time++) {
      const recovered = { found: 0, queued: 0, bad: [] };
      await recoverAudit(deps, linesOf(printed.text()), recovered);
      expect(recovered).toEqual({ found: rows, queued: rows, bad: [] });
      await drainAll(deps, time === 1 ? 3 : 200);
      await expectGaps({ logged: rows, recovered: rows, missing: 0 });
    }
    expect((await entriesOf(deps)).toSorted()).toEqual(calls.toSorted());
    const changes = await deps.sql`SELECT change FROM audit_log WHERE change IS NOT NULL`;
    const made = { before: null, after: expect.objectContaining({ name: "made in the dark" }) };
    expect(changes).toEqual([{ change: made }, { change: made }]);
  });
});

const named = (lines: readonly string[]): object => ({
  v: 1,
  id: crypto.randomUUID(),
  at: Date.now(),
  unqueued: lines.map((line) => line.slice(0, 36)),
});

it("with QUEUE=sqs and Redis unreachable, every row is still queued", async () => {
  const { deps, stop, start } = await redisAway("sqs");
  const { secret } = await addClient(deps, "no-redis", { scopes: ["admin"] });
  await stop();
  const printed = capturePrinted();
  const calls = await callEach(deps, secret);
  printed.stop();
  expect(printed.text()).not.toContain("audit-not-queued");
  await start();
  await drainAll(deps);
  expect((await entriesOf(deps)).toSorted()).toEqual(calls.toSorted());
});

/** The queue accepts messages, but its answers are lost. */
const lossyDeps = (deps: Deps, isLost = () => true): Deps => ({
  ...deps,
  queue: Object.assign(Object.create(deps.queue), {
    send: async (messages: Parameters<Deps["queue"]["send"]>[0]) => {
      await deps.queue.send(messages);
      if (isLost()) throw new Error("The answer was lost.");
    },
  }),
});

it("a row that the queue accepted although its answer was lost has one entry, and none is missing in the end", async () => {
  const deps = freshDeps(await queueConfig("redis", { logLevel: "ERROR" }));
  const printed = capturePrinted();
  const { line } = await caller(lossyDeps(deps), "")({ route: "$default", path: "/x" });
  printed.stop();
  await recoverAudit(deps, linesOf(printed.text()), { found: 0, queued: 0, bad: [] });
  await drainAll(deps, 1);
  expect(await entriesOf(deps)).toEqual([line]);
  expect((await checkHealth(deps)).audit).toEqual({ logged: 1, recovered: 1, missing: 0 });
});

it("rows that the queue accepted after all are not missing, whether their ids arrive before or after them", async () => {
  const deps = freshDeps(await queueConfig("redis", { logLevel: "ERROR" }));
  const { secret } = await addClient(deps, "confirmed-late", { scopes: ["admin"] });
  let isLost = true;
  const printed = capturePrinted();
  const call = caller(
    lossyDeps(deps, () => isLost),
    secret,
  );
  for (let count = 0; count < 3; count++) await call({ route: "$default", path: "/x" });
  isLost = false;
  await call({ route: "$default", path: "/x" });
  printed.stop();
  expect(unqueuedMetric(printed.text())).toEqual({ [context.functionName]: 3 });

  const gone = uuidv7(Date.now() - 5_000);
  const named = { v: 1, id: uuidv7(Date.now()), at: Date.now(), unqueued: [gone] };
  await deps.queue.send([{ body: JSON.stringify(named), events: 0 }]);
  const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
  for (const message of messages.toReversed()) await drain([message], deps);
  // One row is in no log and in no entry, so it is missing.
  const gaps = { logged: 1, recovered: 0, missing: 1 };
  expect((await checkHealth(deps)).audit).toEqual(gaps);
  expect((await caller(deps, secret)({ route: "/v1/pipeline" })).answer.body).toMatchObject({ audit: gaps });
  await runAt(deps, Date.now());
  expect(await deps.sql`SELECT request_id FROM audit_unqueued`).toEqual([{ request_id: gone }]);
  expect((await checkHealth(deps)).audit).toEqual(gaps);
});
