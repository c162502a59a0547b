/** Events and log records from pages: which keys may send them, from which origins, and that a page can read the response. */
import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import type { Scope } from "../../../lib/base/scope.ts";
import { changeClient } from "../../../lib/clients/clients.ts";
import { JSON_TYPE, PROTOBUF_TYPE } from "../../../lib/ingest/otlp/types.ts";
import { freshDeps } from "../../support/faults.ts";
import { ingestEvent, ingestHandler } from "../../support/http/ingest-handler.ts";
import { encode, postLogs, recorded } from "../../support/otlp.ts";
import { addClient, anEvent, context, counts, drainAll } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

const ORIGIN = "https://shop.example";
const CROSS = { origin: ORIGIN, "sec-fetch-site": "cross-site" };
const OWN = { origin: "https://weir.example", "sec-fetch-site": "same-origin" };

type Send = (deps: Deps, key: string, headers: Record<string, string>) => Promise<Answer>;
interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

const event =
  (type: string, body: () => unknown): Send =>
  async (deps, key, headers) => {
    const sent = ingestEvent(key, JSON.stringify(body()), { "content-type": type, ...headers });
    const {
      statusCode = 0,
      headers: answered = {},
      body: text = "",
    } = await ingestHandler(deps)(sent, context);
    return { status: statusCode, headers: answered, text };
  };
const logs =
  (type: typeof JSON_TYPE | typeof PROTOBUF_TYPE): Send =>
  async (deps, key, headers) => {
    const body = encode(
      recorded((logger) => logger.emit({ body: randomUUID() })),
      type,
    );
    const { body: text, ...answer } = await postLogs(deps, key, body, { "content-type": type, ...headers });
    return { ...answer, text: text.toString() };
  };
const cloudEvent = () => ({ specversion: "1.0", id: randomUUID(), source: "/page", type: "clicked" });

const SENDERS: Record<string, Send> = {
  "an event": event("application/json", anEvent),
  "a CloudEvent": event("application/cloudevents+json", cloudEvent),
  "log records in JSON": logs(JSON_TYPE),
  "log records in protobuf": logs(PROTOBUF_TYPE),
};

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  let deps: Deps;
  beforeAll(async () => {
    deps = freshDeps(await queueConfig(queue));
  });
  let number = 0;
  const aClient = async (origins: string[], scopes: Scope[] = ["ingest"]) => {
    const client = await addClient(deps, `page-${++number}`, { scopes });
    await changeClient(deps, client.clientId, { origins });
    return client;
  };

  describe.each(Object.entries(SENDERS))("%s", (_, send) => {
    it.each<[string, string[], Scope[], Record<string, string>, boolean]>([
      ["of an allowed origin with a key that may only send", [ORIGIN], ["ingest"], CROSS, true],
      ["of an origin that is not allowed", ["https://other.example"], ["ingest"], CROSS, false],
      ["with a key that may also read", [ORIGIN], ["ingest", "read"], CROSS, false],
      ["with an administrator's key", ["*"], ["admin"], CROSS, false],
      ["of this server with an administrator's key", [], ["admin"], OWN, true],
    ])("from a page %s", async (_case, origins, scopes, headers, isTaken) => {
      const { clientId, secret } = await aClient(origins, scopes);
      const answer = await send(deps, secret, headers);
      expect(answer.headers).toMatchObject({ "access-control-allow-origin": "*" });
      if (isTaken) expect([200, 202]).toContain(answer.status);
      else expect(answer.status).toBe(403);
      await drainAll(deps);
      expect(await counts(deps, clientId)).toMatchObject({ events: isTaken ? 1 : 0 });
      const rows = await deps.sql`SELECT status FROM audit_log WHERE client_id = ${clientId}`;
      expect(rows.map(({ status }) => status)).toEqual([answer.status]);
    });
  });

  it("a refusal has the protocol's form", async () => {
    const { secret } = await aClient([]);
    const refused = await SENDERS["an event"]?.(deps, secret, CROSS);
    expect(JSON.parse(refused?.text ?? "")).toMatchObject({ code: "origin-not-allowed", status: 403 });
    // Code 7 of google.rpc.Code is PERMISSION_DENIED.
    const ofLogs = await SENDERS["log records in JSON"]?.(deps, secret, CROSS);
    expect(JSON.parse(ofLogs?.text ?? "")).toEqual({ code: 7, message: expect.stringContaining("origins") });
  });
});
