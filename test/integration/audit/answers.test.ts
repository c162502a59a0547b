/** Every call is recorded, even if a function runs out of time, fails, or can't start. */
import type { Context } from "aws-lambda";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { httpHandler } from "../../../lib/app/handler.ts";
import { readLogLine } from "../../../lib/audit/record/log-lines.ts";
import { newSecret, secretPrefix } from "../../../lib/base/ids.ts";
import * as admins from "../../../lib/clients/contract.ts";
import { ConfigError } from "../../../lib/config/config.ts";
import * as health from "../../../lib/health/contract.ts";
import { serve } from "../../../lib/http/call.ts";
import { sendEvents } from "../../../lib/ingest/contract.ts";
import { ingest } from "../../../lib/ingest/ingest.ts";
import { capturePrinted, unqueuedMetric } from "../../support/audit/logged.ts";
import { type GatewayRequest, gatewayEvent } from "../../support/http/gateway.ts";
import { type Answer, addClient, anEvent, context, drainAll, toAnswer } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

let deps: Deps;
beforeAll(async () => {
  deps = await testDeps({ logLevel: "ERROR" });
});
let printed: ReturnType<typeof capturePrinted> | undefined;
afterEach(() => {
  printed?.stop();
  printed = undefined;
});

const never = (): Promise<never> => new Promise(() => {});
/** The context of an instance that is almost out of time. */
const hurried = { ...context, getRemainingTimeInMillis: () => 600 } as unknown as Context;

async function call(
  handler: ReturnType<typeof httpHandler>,
  request: GatewayRequest,
  within: Context = context,
): Promise<{ answer: Answer; row: Record<string, unknown> | undefined }> {
  const result = await handler(gatewayEvent(request), within);
  const answer = toAnswer(result);
  await drainAll(deps);
  const rows = await deps.sql`
    SELECT method, route, path, status, client_id, key_prefix, bytes_in, bytes_out, duration_ms, address, user_agent
      FROM audit_log JOIN audit_personal USING (at, lane, seal, leaf)
     WHERE request_id = ${String(answer.headers["x-request-id"])}`;
  expect(rows.length).toBeLessThan(2);
  if (rows[0] && request.route !== "/v1/events")
    expect(rows[0].bytes_out).toBe(Buffer.byteLength(result.body ?? ""));
  return { answer, row: rows[0] };
}

describe("the audit records a call", () => {
  const live = { method: "GET", route: "/health/live" };

  it("to a function that runs out of time as the 504 that the caller gets", async () => {
    const handler = httpHandler(() => deps, [serve(health.getLiveness, never)]);
    const { answer, row } = await call(handler, live, hurried);
    expect(answer).toMatchObject({ status: 504, body: { code: "timeout" } });
    expect(row).toMatchObject({ ...live, status: 504, address: "203.0.113.7", user_agent: "test" });
    expect(row?.duration_ms).toBeGreaterThanOrEqual(50);
  });

  it("that sends events to a hanging queue in the log, as the 504 that the caller gets", async () => {
    const { secret } = await addClient(deps, "hangs");
    printed = capturePrinted();
    const stuck: Deps = {
      ...deps,
      intake: { ...deps.intake, enqueue: never },
      queue: Object.assign(Object.create(deps.queue), { send: never }),
    };
    const handler = httpHandler(() => stuck, [serve(sendEvents, ingest)]);
    const headers = { "content-type": "application/json", "x-api-key": secret };
    const body = JSON.stringify(anEvent());
    const { answer, row } = await call(
      handler,
      { method: "POST", route: "/v1/events", headers, body },
      hurried,
    );
    expect(answer).toMatchObject({ status: 504, body: { code: "timeout" } });
    expect(row).toBeUndefined();
    const [logged] = printed
      .text()
      .split("\n")
      .flatMap((line) => readLogLine(line).rows);
    const known = { status: 504, key_prefix: secretPrefix(secret), bytes_in: Buffer.byteLength(body) };
    expect(logged).toMatchObject({ id: answer.headers["x-request-id"], audit: known });
    expect(unqueuedMetric(printed.text())).toEqual({ [context.functionName]: 1 });
    // The next queued row names the logged one.
    await call(
      httpHandler(() => stuck, []),
      { method: "GET", route: "$default" },
      hurried,
    );
    await call(
      httpHandler(() => deps, []),
      { method: "GET", route: "$default", path: "/none" },
    );
    const named = await deps.sql`SELECT recovered FROM audit_unqueued WHERE request_id = ${logged?.id ?? ""}`;
    expect(named).toEqual([{ recovered: false }]);
  });

  it("to a function that throws as the 500 that the caller gets", async () => {
    printed = capturePrinted();
    const handler = httpHandler(
      () => deps,
      [
        serve(health.getLiveness, async () => {
          throw new TypeError("undefined is not a function");
        }),
      ],
    );
    const { answer, row } = await call(handler, live);
    expect(answer).toMatchObject({ status: 500, body: { code: "internal-error" } });
    expect(row).toMatchObject({ ...live, status: 500 });
  });

  it("to a function that can't start in the log", async () => {
    printed = capturePrinted();
    const broken = httpHandler(() => {
      throw new ConfigError("DATABASE_URL is missing.");
    }, []);
    const { answer, row } = await call(broken, { method: "GET", route: "$default", path: "/x" });
    expect(answer).toMatchObject({ status: 500, body: { code: "internal-error" } });
    expect(row).toBeUndefined();
    const [logged] = printed
      .text()
      .split("\n")
      .flatMap((line) => readLogLine(line).rows);
    expect(logged).toMatchObject({ audit: { path: "/x", status: 500 } });
    expect(unqueuedMetric(printed.text())).toEqual({ [context.functionName]: 1 });
  });

  it("with the prefix of an unknown key, and nothing of a text that is not a key", async () => {
    const handler = httpHandler(
      () => deps,
      [serve(admins.listClients, async () => ({ status: 200, headers: {}, body: "" }))],
    );
    const none = newSecret("none");
    for (const [key, prefix] of [
      [none, secretPrefix(none)],
      ["sk_live_0123456789abcdef", null],
      ["weir_none_short", null],
      [undefined, null],
    ] as const) {
      const headers = { ...(key !== undefined && { "x-api-key": key }) };
      const { row } = await call(handler, { method: "GET", route: "/v1/clients", headers });
      expect(row).toMatchObject({ status: 401, client_id: null, key_prefix: prefix });
    }
  });

  it("with HEAD as one without an answer's body", async () => {
    const handler = httpHandler(() => deps, []);
    const result = await handler(gatewayEvent({ method: "HEAD", route: "$default", path: "/head" }), context);
    await drainAll(deps);
    const rows = await deps.sql`SELECT status, bytes_out FROM audit_log WHERE path = '/head'`;
    expect(rows).toEqual([{ status: result.statusCode, bytes_out: 0 }]);
  });
});
