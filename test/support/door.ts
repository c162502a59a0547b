/** The ingest function's own stack, with a record of every answer, to be held against the audit log. */
import { expect } from "vitest";
import { httpHandler, serve } from "../../lib/api.ts";
import { sendEvents } from "../../lib/contract/events.ts";
import type { Deps } from "../../lib/deps.ts";
import { ingest } from "../../lib/ingest.ts";
import { type GatewayRequest, gatewayEvent } from "./gateway.ts";
import { type Answer, context, drainAll, toAnswer } from "./pipeline.ts";

export interface Door {
  /** Sends a body: text as it is, bytes as base64, as the gateway does it. */
  post(
    secret: string | undefined,
    body: string | Buffer | undefined,
    headers?: Record<string, string>,
    others?: Partial<GatewayRequest>,
  ): Promise<Answer>;
  /** Every answer so far is in the audit log exactly once and with its status, and nothing of `hidden` is there. */
  expectAudited(hidden: readonly string[]): Promise<void>;
}

export function openDoor(deps: Deps): Door {
  const handler = httpHandler(() => deps, [serve(sendEvents, ingest)]);
  const answers = new Map<string, number>();
  const secrets = new Set<string>();
  return {
    post: async (secret, body, headers = {}, others = {}) => {
      if (secret !== undefined && secret.length > 8) secrets.add(secret);
      const event = gatewayEvent({
        method: "POST",
        route: "/v1/events",
        headers: {
          "content-type": "application/json",
          ...(secret !== undefined && { "x-api-key": secret }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === "string" ? body : body.toString("base64") }),
        base64: typeof body === "object",
        ...others,
      });
      const answer = toAnswer(await handler(event, context));
      const id = String(answer.headers["x-request-id"]);
      expect(answers.has(id)).toBe(false);
      answers.set(id, answer.status);
      return answer;
    },
    expectAudited: async (hidden) => {
      await drainAll(deps);
      const rows = await deps.sql<{ id: string; status: number; text: string }[]>`
        SELECT request_id AS id, status, audit_log::text AS text FROM audit_log`;
      expect(rows.map(({ id, status }) => `${id} ${status}`).sort()).toEqual(
        [...answers].map(([id, status]) => `${id} ${status}`).sort(),
      );
      for (const { text } of rows)
        for (const word of [...hidden, ...secrets]) expect(text).not.toContain(word);
    },
  };
}
