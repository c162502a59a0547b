/** The ingest function's own stack, with a record of every answer to compare with the audit log. */
import { expect } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { type Answer, context, drainAll, toAnswer } from "../pipeline.ts";
import type { GatewayRequest } from "./gateway.ts";
import { ingestEvent, ingestHandler } from "./ingest-handler.ts";

export interface IngestApi {
  /** Sends a body as the gateway does: text unchanged, bytes as base64. */
  post(
    secret: string | undefined,
    body: string | Buffer | undefined,
    headers?: Record<string, string>,
    others?: Partial<GatewayRequest>,
  ): Promise<Answer>;
  /**
   * Expects every answer so far in the audit log exactly once, with its status and its bytes in and out, and none of
   * `hidden`.
   */
  expectAudited(hidden?: readonly string[]): Promise<void>;
}

export function ingestApi(deps: Deps): IngestApi {
  const handler = ingestHandler(deps);
  /** The expected audit entry by request. */
  const answers = new Map<string, string>();
  /** Bytes of the answers' bodies by request id. */
  const sizes = new Map<string, number>();
  const secrets = new Set<string>();
  return {
    post: async (secret, body, headers = {}, others = {}) => {
      if (secret !== undefined && secret.length > 8) secrets.add(secret);
      const event = ingestEvent(secret, body, headers, others);
      const result = await handler(event, context);
      const answer = toAnswer(result);
      const id = String(answer.headers["x-request-id"]);
      expect(answers.has(id)).toBe(false);
      const bytesIn = Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8").length;
      answers.set(id, `${id} ${event.requestContext.http.method} ${answer.status} ${bytesIn}`);
      sizes.set(id, Buffer.byteLength(result.body ?? ""));
      return answer;
    },
    expectAudited: async (hidden = []) => {
      await drainAll(deps);
      const rows = await deps.sql<{ id: string; line: string; size: number | null; text: string }[]>`
        SELECT request_id AS id, concat_ws(' ', request_id, method, status, bytes_in) AS line, bytes_out AS size,
               concat_ws(' ', audit_log, audit_personal) AS text
          FROM audit_log LEFT JOIN audit_personal USING (at, lane, seal, leaf)
         WHERE duration_ms >= 0 AND at > now() - interval '1 day'`;
      expect(rows.map(({ line }) => line).sort()).toEqual([...answers.values()].sort());
      // Null if the row was queued with the events.
      for (const { id, size } of rows) expect([null, sizes.get(id)]).toContain(size);
      for (const { text } of rows)
        for (const word of [...hidden, ...secrets]) expect(text).not.toContain(word);
    },
  };
}
