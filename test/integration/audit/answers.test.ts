/** Every call is recorded, even if a function runs out of time, fails, or can't start. */
import type { Context } from "aws-lambda";
import { afterEach, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { type HttpHandler, httpHandler } from "../../../lib/app/handler.ts";
import { readLogLine } from "../../../lib/audit/record/log-lines.ts";
import { newSecret, secretPrefix } from "../../../lib/base/ids.ts";
import * as admins from "../../../lib/clients/contract.ts";
import { ConfigError } from "../../../lib/config/config.ts";
import * as health from "../../../lib/health/contract.ts";
import { type Served, serve } from "../../../lib/http/call.ts";
import { capturePrinted, unqueuedMetric } from "../../support/audit/logged.ts";
import { type GatewayRequest, gatewayEvent } from "../../support/http/gateway.ts";
import { ingestHandler } from "../../support/http/ingest-handler.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { type Answer, addClient, anEvent, context, drainAll, toAnswer } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps({ logLevel: "ERROR" });
let printed: ReturnType<typeof capturePrinted> | undefined;
afterEach(() => {
  printed?.stop();
  printed = undefined;
});

const never = (): Promise<never> => new Promise(() => {});
/** The context of an instance that is almost out of time. */
const hurried = { ...context, getRemainingTimeInMillis: () => 600 } as unknown as Context;

const handlerOf = (...served: Served<Deps>[]) => httpHandler(() => deps, served);
/** The audit row in the log. */
const logged = () => (printed?.text() ?? "").split("\n").flatMap((line) => readLogLine(line).rows)[0];

async function call(
  handler: HttpHandler,
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
    const { answer, row } = await call(handlerOf(serve(health.getLiveness, never)), live, hurried);
    expectProblem(answer, 504, "timeout");
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
    const headers = { "content-type": "application/json", "x-api-key": secret };
    const body = JSON.stringify(anEvent());
    const request = { method: "POST", route: "/v1/events", headers, body };
    const { answer, row } = await call(ingestHandler(stuck), request, hurried);
    expectProblem(answer, 504, "timeout");
    expect(row).toBeUndefined();
    const id = String(answer.headers["x-request-id"]);
    const known = { status: 504, key_prefix: secretPrefix(secret), bytes_in: Buffer.byteLength(body) };
    expect(logged()).toMatchObject({ id, audit: known });
    expect(unqueuedMetric(printed.text())).toEqual({ [context.functionName]: 1 });
    // The next queued row names the logged one.
    const unknown = { method: "GET", route: "$default" };
    const stuckHandler = httpHandler(() => stuck, []);
    await call(stuckHandler, unknown, hurried);
    await call(handlerOf(), unknown);
    const named = await deps.sql`SELECT recovered FROM audit_unqueued WHERE request_id = ${id}`;
    expect(named).toEqual([{ recovered: false }]);
  });

  it("to a function that throws as the 500 that the caller gets", async () => {
    printed = capturePrinted();
    const failing = serve(health.getLiveness, async () => {
      throw new TypeError("undefined is not a function");
    });
    const { answer, row } = await call(handlerOf(failing), live);
    expectProblem(answer, 500, "internal-error");
    expect(row).toMatchObject({ ...live, status: 500 });
  });

  it("to a function that can't start in the log", async () => {
    printed = capturePrinted();
    const broken = httpHandler(() => {
      throw new ConfigError("DATABASE_URL is missing.");
    }, []);
    const { answer, row } = await call(broken, { method: "GET", route: "$default", path: "/x" });
    expectProblem(answer, 500, "internal-error");
    expect(row).toBeUndefined();
    expect(logged()).toMatchObject({ audit: { path: "/x", status: 500 } });
    expect(unqueuedMetric(printed.text())).toEqual({ [context.functionName]: 1 });
  });

  it("with the prefix of an unknown key, and nothing of a text that is not a key", async () => {
    const list = async () => ({ status: 200, headers: {}, body: "" });
    const handler = handlerOf(serve(admins.listClients, list));
    const unknown = newSecret("unknown");
    for (const [key, prefix] of [
      [unknown, secretPrefix(unknown)],
      ["sk_live_0123456789abcdef", null],
      ["weir_none_short", null],
      [undefined, null],
    ] as const) {
      const headers = key === undefined ? {} : { "x-api-key": key };
      const { row } = await call(handler, { method: "GET", route: "/v1/clients", headers });
      expect(row).toMatchObject({ status: 401, client_id: null, key_prefix: prefix });
    }
  });

  it("with HEAD as one without an answer's body", async () => {
    const event = gatewayEvent({ method: "HEAD", route: "$default", path: "/head" });
    const result = await handlerOf()(event, context);
    await drainAll(deps);
    const rows = await deps.sql`SELECT status, bytes_out FROM audit_log WHERE path = '/head'`;
    expect(rows).toEqual([{ status: result.statusCode, bytes_out: 0 }]);
  });
});
