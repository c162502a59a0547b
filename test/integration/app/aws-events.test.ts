/** The functions accept events as AWS passes them: the fixtures, changed only to reach a route or to have a Weir message. */
import { generateKeyPairSync } from "node:crypto";
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { handler as checkpoint } from "../../../functions/checkpoint.ts";
import { handler as drain } from "../../../functions/drain.ts";
import { handler as health } from "../../../functions/health.ts";
import { handler as ingest } from "../../../functions/ingest.ts";
import { handler as maintenance } from "../../../functions/maintenance.ts";
import { handler as worker } from "../../../functions/worker.ts";
import type { Deps } from "../../../lib/app/connect.ts";
import plain from "../../fixtures/apigateway-v2.json" with { type: "json" };
import base64 from "../../fixtures/apigateway-v2-base64.json" with { type: "json" };
import full from "../../fixtures/apigateway-v2-full.json" with { type: "json" };
import scheduled from "../../fixtures/eventbridge-scheduled.json" with { type: "json" };
import sqs from "../../fixtures/sqs.json" with { type: "json" };
import { addClient, anEvent, context, counts, drainAll, send, toAnswer } from "../../support/pipeline.ts";
import { sqsEvent } from "../../support/queue/sqs-event.ts";
import { testDeps } from "../../support/servers/deps.ts";

let deps: Deps;
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps }));
let clientId: string;
let secret: string;
beforeAll(async () => {
  deps = await testDeps();
  ({ clientId, secret } = await addClient(deps, "aws"));
});

/** @param ms that the function may work; it reserves 20 s of its time for the end */
const remaining = (ms: number) => ({ ...context, getRemainingTimeInMillis: () => 20_000 + ms }) as Context;

/** A request's event, sent to a route, without its query. */
const to = (routeKey: string, event: object, others: object = {}): APIGatewayProxyEventV2 => {
  const [method = "", path = ""] = routeKey.split(" ");
  const { requestContext } = event as APIGatewayProxyEventV2;
  const http = { ...requestContext.http, method, path };
  const changed = {
    routeKey,
    rawPath: path,
    rawQueryString: "",
    requestContext: { ...requestContext, http },
  };
  return { ...event, ...changed, ...others } as APIGatewayProxyEventV2;
};

it.each([
  ["captured", plain, "utf8"],
  ["captured, with a base64 body", base64, "base64"],
  ["complete", full, "utf8"],
] as const)("ingest accepts a request of API Gateway: %s", async (_, fixture, encoding) => {
  const body = Buffer.from(JSON.stringify(anEvent()));
  const headers = { ...fixture.headers, "content-type": "application/json", "x-api-key": secret };
  const event = to("POST /v1/events", fixture, { headers, body: body.toString(encoding) });
  expect(toAnswer(await ingest(event, context))).toMatchObject({ status: 202, body: { accepted: 1 } });
});

describe("ingest at its function URL, which has no routes,", () => {
  /** As Lambda passes it: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html */
  const call = async (method: string, path: string) => {
    const headers = { ...full.headers, "content-type": "application/json", "x-api-key": secret };
    const event = to(`${method} ${path}`, full, {
      routeKey: "$default",
      headers,
      body: JSON.stringify(anEvent()),
    });
    return toAnswer(await ingest(event, context));
  };

  it("accepts events, and audits the call with its route", async () => {
    const { status, body } = await call("POST", "/v1/events");
    expect(status).toBe(202);
    await drainAll(deps);
    const audited = await deps.sql`SELECT route FROM audit_log WHERE request_id = ${body.receipt_id}`;
    expect(audited).toEqual([{ route: "/v1/events" }]);
  });

  it("refuses other paths and methods", async () => {
    expect(await call("POST", "/v1/clients")).toMatchObject({ status: 404, body: { code: "not-found" } });
    expect(await call("GET", "/v1/events")).toMatchObject({
      status: 405,
      headers: { allow: "POST" },
      body: { code: "method-not-allowed" },
    });
  });
});

it("health answers a request of API Gateway, and records its result on a schedule", async () => {
  const answer = await health(to("GET /health/live", plain), context);
  expect(toAnswer(answer ?? {})).toMatchObject({ status: 200, body: { status: "ok" } });
  expect(await health(scheduled, context)).toBeUndefined();
  expect(await deps.sql`SELECT status FROM health_checks`).toEqual([{ status: "ok" }]);
});

it("the worker reports messages of SQS that it can't read, and stores the others", async () => {
  await drainAll(deps);
  const before = Number((await counts(deps, clientId))?.events);
  await send(deps, secret, anEvent());
  const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
  const { batchItemFailures } = await worker(
    { Records: [...(sqs.Records as never[]), ...sqsEvent(messages).Records] },
    context,
  );
  expect(batchItemFailures).toEqual(sqs.Records.map(({ messageId }) => ({ itemIdentifier: messageId })));
  await deps.queue.ack(messages.map(({ id }) => id));
  expect(await counts(deps, clientId)).toMatchObject({ events: before + 1 });
});

it("the drain, maintenance and the checkpoint run on a schedule", async () => {
  await send(deps, secret, anEvent());
  expect(await drain(scheduled, remaining(500))).toMatchObject({ messages: 1 });
  const { privateKey } = generateKeyPairSync("ed25519");
  vi.stubEnv("DATABASE_URL", deps.config.databaseUrl);
  vi.stubEnv("REDIS_URL", deps.config.redisUrl);
  vi.stubEnv("AUDIT_SIGNING_KEY", privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  expect(await maintenance(scheduled, remaining(60_000))).toMatchObject({ complete: true, postponed: [] });
  expect(await checkpoint(scheduled, remaining(60_000))).toMatchObject({ busy: false, checkpoint: 1 });
});
