/** Calls of the admin function. */
import { expect, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import type { HttpHandler } from "../../../lib/app/handler.ts";
import { type Answer, anEvent, context, send, toAnswer } from "../pipeline.ts";
import { gatewayEvent } from "./gateway.ts";

interface Asked {
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  /** By default the key of the calls. */
  key?: string;
}

/** @param adminKey the key of the calls */
export function adminApi(handler: HttpHandler, deps: Deps, adminKey: string) {
  /** @param call method and route template */
  const ask = async (
    call: string,
    { params = {}, query = {}, body, key = adminKey }: Asked = {},
  ): Promise<Answer> => {
    const [method = "", route = ""] = call.split(" ");
    const path = route.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ""));
    const headers = { "x-api-key": key, "content-type": "application/json" };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    return toAnswer(
      await handler(gatewayEvent({ method, route, path, params, query, headers, ...sent }), context),
    );
  };
  return {
    ask,
    newClient: (client_id: string, others: object = {}): Promise<Answer> =>
      ask("POST /v1/clients", { body: { client_id, name: client_id, ...others } }),
    newKey: async (client_id: string, body: object = { scopes: ["ingest"] }) => {
      const answer = await ask("POST /v1/clients/{client_id}/keys", { params: { client_id }, body });
      expect(answer.status).toBe(201);
      return { ...answer, id: String(answer.body.key_id), secret: String(answer.body.secret) };
    },
    change: (client_id: string, body: object): Promise<Answer> =>
      ask("PATCH /v1/clients/{client_id}", { params: { client_id }, body }),
    revoke: (client_id: string, key_id: string): Promise<Answer> =>
      ask("DELETE /v1/clients/{client_id}/keys/{key_id}", { params: { client_id, key_id } }),
    /** The status of the answer to an event that is sent with a key. */
    statusOf: async (secret: string): Promise<number> => (await send(deps, secret, anEvent())).status,
  };
}

/** Runs while writes to Redis fail, as when it is unreachable. */
export async function failingWrites<T>({ redis }: Deps, run: () => Promise<T>): Promise<T> {
  const fail = (): never => {
    throw new Error("Connection is closed.");
  };
  const spies = [
    vi.spyOn(redis, "multi").mockImplementation(fail),
    vi.spyOn(redis, "del").mockRejectedValue(0),
  ];
  return run().finally(() => spies.forEach((spy) => void spy.mockRestore()));
}
