/** The functions as Lambda runs them: each with its own modules, connections and database user. */
import type { APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { expect, vi } from "vitest";
import { operations } from "../../lib/app/operations.ts";
import type { Config } from "../../lib/config/config.ts";
import type { FunctionUser } from "../../lib/storage/users.ts";
import { atEnd } from "./cleanup.ts";
import { gatewayEvent } from "./http/gateway.ts";
import { type Answer, toAnswer } from "./pipeline.ts";

const IMPORTS = {
  ingest: () => import("../../functions/ingest.ts"),
  worker: () => import("../../functions/worker.ts"),
  drain: () => import("../../functions/drain.ts"),
  analytics: () => import("../../functions/analytics.ts"),
  audit: () => import("../../functions/audit.ts"),
  health: () => import("../../functions/health.ts"),
  admin: () => import("../../functions/admin.ts"),
  maintenance: () => import("../../functions/maintenance.ts"),
  checkpoint: () => import("../../functions/checkpoint.ts"),
  web: () => import("../../functions/web.ts"),
};

type Handler = (event: unknown, context: Context) => Promise<unknown>;

interface Asked {
  /** By default that of the administrator. */
  key?: string;
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  /** A body that is not sent as JSON of a value. */
  text?: string;
  headers?: Record<string, string>;
}

/**
 * @param urlOf the database's URL for a function
 * @param adminKey the key of calls that name no other
 */
export async function functionsAsUsers(
  config: Config,
  urlOf: (fn: FunctionUser) => string,
  adminKey: string,
) {
  const handlers = new Map<string, Handler>();
  for (const [name, load] of Object.entries(IMPORTS)) {
    vi.resetModules();
    const { closeDeps, createDeps } = await import("../../lib/app/connect.ts");
    const { provideDeps } = await import("../../lib/app/connect-once.ts");
    const databaseUrl = urlOf(name as FunctionUser);
    const deps = createDeps({ ...config, databaseUrl, databasePoolSize: 2 });
    provideDeps(deps);
    atEnd(() => closeDeps(deps));
    handlers.set(name, (await load()).handler as unknown as Handler);
  }
  const called = new Set<string>();
  /** @param remainingMs the function's remaining time */
  const invoke = async (fn: FunctionUser, event: unknown = {}, remainingMs = 60_000): Promise<unknown> => {
    const context = { functionName: `weir-test-${fn}`, getRemainingTimeInMillis: () => remainingMs };
    return handlers.get(fn)?.(event, context as unknown as Context);
  };
  return {
    invoke,
    /** Names of the operations that have succeeded. */
    called,
    /** Calls an operation, which must succeed. @returns its answer, with the body as text */
    call: async (
      name: string,
      { key = adminKey, params = {}, query = {}, body, text, headers: others }: Asked = {},
    ): Promise<Answer & { text: string }> => {
      const operation = operations[name];
      if (operation === undefined) throw new Error(`There is no operation ${name}.`);
      const { method, path: route } = operation;
      const path = route.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => params[parameter] ?? "");
      const headers = { "x-api-key": key, "content-type": "application/json", ...others };
      const sent = body === undefined && text === undefined ? {} : { body: text ?? JSON.stringify(body) };
      const event = gatewayEvent({ method, route, path, params, query, headers, ...sent });
      const result = (await invoke(operation.function, event)) as APIGatewayProxyStructuredResultV2;
      expect(result, `${name}: ${result.body}`).toMatchObject({
        statusCode: expect.toSatisfy((code) => code < 300),
      });
      called.add(name);
      return { ...toAnswer(result), text: result.body ?? "" };
    },
  };
}
