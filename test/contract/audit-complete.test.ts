/** Every operation of the OpenAPI document, called once with success and once with an error, has exactly two audit entries. */

import { randomUUID } from "node:crypto";
import postgres from "postgres";
import { expect, it, vi } from "vitest";
import { operations } from "../../lib/app/operations.ts";
import type { Operation } from "../../lib/http/operation.ts";
import type { AuditRow } from "../../lib/queue/message.ts";
import { atEnd } from "../support/cleanup.ts";
import { assetOfDashboard } from "../support/http/pages-of-site.ts";
import { anEvent } from "../support/pipeline.ts";
import { testSystem } from "../support/servers/system.ts";
import { standardDelivery } from "../support/webhooks/senders.ts";

type Expected = Pick<
  AuditRow,
  "method" | "route" | "path" | "status" | "bytes_in" | "bytes_out" | "key_prefix" | "client_id"
>;

const system = await testSystem();
const sql = postgres(system.stack.databaseUrl, { max: 1 });
atEnd(() => sql.end());
/** Identifies the calls of this test. */
const agent = `walk-${randomUUID()}`;
const expected: Expected[] = [];
/** Routes whose events are queued. */
const queued = new Set(
  Object.values<Operation>(operations).flatMap(({ function: name, body, path }) =>
    name === "ingest" && body ? path : [],
  ),
);

/** The source of webhooks that is called. */
const webhook = { client: "", secret: "" };

interface Request {
  method: string;
  path: string;
  query?: string;
  key?: string;
  body?: unknown;
  /** Signs a webhook in place of a key. */
  signed?: boolean;
}

async function call(
  route: string,
  { method, path, query = "", key, body, signed = false }: Request,
): Promise<number> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const delivery = signed ? standardDelivery(webhook.secret, body) : undefined;
  const response = await fetch(`${system.stack.url}${path}${query}`, {
    method,
    redirect: "manual",
    headers: {
      "user-agent": agent,
      // The entry has the size of the body as it was sent.
      "accept-encoding": "identity",
      ...(text !== undefined && { "content-type": "application/json" }),
      ...(key !== undefined && { "x-api-key": key }),
      ...delivery?.headers,
    },
    ...(text !== undefined && { body: text }),
  });
  const received = await response.arrayBuffer();
  expected.push({
    method,
    route,
    // A path with a key is replaced.
    path: path.startsWith("/v1/projects/") ? route : path,
    status: response.status,
    bytes_in: Buffer.byteLength(text ?? ""),
    // The entry is queued with the events, before the answer exists.
    bytes_out:
      queued.has(route) && (signed || key !== undefined) && text !== undefined ? null : received.byteLength,
    key_prefix: signed ? "webhook:walked" : (key?.replace(/^(weir_[^_]+_.{4}).*$/, "$1") ?? null),
    client_id: signed ? webhook.client : (/^weir_([^_]+)_/.exec(key ?? "")?.[1] ?? null),
  });
  return response.status;
}

/** Creates a source of webhooks. */
async function newSource(client: string, source: string): Promise<{ secret: string; secret_id: string }> {
  const path = `/v1/clients/${client}/webhooks`;
  const key = system.stack.adminKey;
  const { body } = await system.api.call("POST", path, { key, body: { source, kind: "standard" } });
  return { secret: body.secret, secret_id: body.secrets[0].secret_id };
}

/**
 * Creates a resource for each path parameter, so that every call finds one. A parameter of one operation only is named with
 * it.
 */
async function things(): Promise<Record<string, string>> {
  const { post, settled, newClient, newKey, api, stack } = system;
  const event = anEvent();
  const { body } = await post(event);
  await settled(body.receipt_id);
  const client_id = await newClient({ name: "walked" });
  const { key_id } = await newKey(client_id, { scopes: ["read"] });
  Object.assign(webhook, { client: client_id, secret: (await newSource(client_id, "walked")).secret });
  await newSource(client_id, "deleted");
  const { secret_id } = await newSource(client_id, "rotated");
  // The last secret can't be removed.
  await api.call("POST", `/v1/clients/${client_id}/webhooks/rotated/secrets`, {
    key: stack.adminKey,
    body: {},
  });
  const meter = { client_id: stack.adminKey.split("_")[1], name: "walked", event_type: "walked" };
  expect((await api.call("POST", "/v1/meters", { key: stack.adminKey, body: meter })).status).toBe(201);
  const erasure = { client: "demo", property: "payload.user", value: "nobody" };
  const { erasure_id } = (await api.call("POST", "/v1/erasures", { key: stack.adminKey, body: erasure }))
    .body;
  // Not of all clients: the erasures below delete what is asked about theirs.
  const question = { kind: "top", property: "payload.user", client: client_id };
  const { query_id } = (await api.call("POST", "/v1/queries", { key: stack.adminKey, body: question })).body;
  return {
    receipt_id: body.receipt_id,
    request_id: body.receipt_id,
    event_id: String(event.event_id),
    client_id,
    key_id,
    source: "walked",
    "deleteWebhook.source": "deleted",
    "removeWebhookSecret.source": "rotated",
    secret_id,
    erasure_id,
    query_id,
    meter: "walked",
    code: "not-found",
    view: "overview",
    page: "sending",
    name: await assetOfDashboard(system.stack.url),
    write_key: stack.adminKey,
  };
}

const aCall = () => ({
  messageId: randomUUID(),
  userId: "u",
  event: "walked",
  groupId: "g",
  previousId: "p",
});
const aBatch = () => ({ batch: [{ ...aCall(), type: "track" }] });

/** Bodies of the operations that need one. */
const bodies: Readonly<Record<string, () => unknown>> = {
  sendEvents: () => anEvent(),
  sendTrack: aCall,
  sendTrackShort: aCall,
  sendIdentify: aCall,
  sendIdentifyShort: aCall,
  sendPage: aCall,
  sendPageShort: aCall,
  sendScreen: aCall,
  sendScreenShort: aCall,
  sendGroup: aCall,
  sendGroupShort: aCall,
  sendAlias: aCall,
  sendAliasShort: aCall,
  sendBatch: aBatch,
  sendImport: aBatch,
  sendBatchShort: aBatch,
  sendLogs: () => ({ resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "a" } }] }] }] }),
  getFunnel: () => ({
    steps: [{ event_type: "a" }, { event_type: "b" }],
    key: "payload.user",
    window_seconds: 60,
  }),
  createQuery: () => ({ kind: "top", property: "payload.user" }),
  receiveWebhook: () => ({ type: "walked" }),
  createWebhook: () => ({ source: "walked-too", kind: "github" }),
  addWebhookSecret: () => ({}),
  createClient: () => ({ name: "walked too" }),
  changeClient: () => ({ burst: 7 }),
  createKey: () => ({ scopes: ["read"] }),
  redriveQuarantine: () => ({}),
  createMeter: () => ({ client_id: "demo", name: "walked-too", event_type: "walked" }),
  createErasure: () => ({ client: "demo", property: "payload.user", value: "somebody" }),
  eraseAudit: () => ({ address: "192.0.2.99" }),
};

/** Queries of the operations that need one. */
const queries: Readonly<Record<string, string>> = {
  groupEvents: "?by=event_type",
  getSeries: "?interval=day",
  getTop: "?property=payload.user",
  getUniques: "?property=payload.user",
};

it("a call of every documented operation leaves an audit entry with its outcome", async () => {
  const found = await things();
  const names = Object.keys(operations);
  const documented = Object.values(system.api.document.paths).flatMap((methods) => Object.values(methods));
  expect(documented.map(({ operationId }) => operationId).sort()).toEqual(names.toSorted());
  // What they delete, others get.
  const inOrder = Object.entries<Operation>(operations).toSorted(
    ([, a], [, b]) => Number(a.method === "DELETE") - Number(b.method === "DELETE"),
  );
  for (const [name, operation] of inOrder) {
    const { method, path: route, scopes, signed = false } = operation;
    const path = route.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => {
      const thing = found[`${name}.${parameter}`] ?? found[parameter];
      expect(thing, `${name} needs something for its ${parameter}`).toBeDefined();
      return thing ?? "";
    });
    const body = operation.body && bodies[name]?.();
    if (operation.body) expect(body, `${name} needs a body`).toBeDefined();
    const request: Request = { method, path, query: queries[name] ?? "", body, signed };
    const known = scopes.length > 0;
    const success = await call(route, known ? { ...request, key: system.stack.adminKey } : request);
    expect(success, name).toBeLessThan(400);
    // An operation without a key fails if it is called with another method.
    const failure = known
      ? await call(route, { ...request, path: path.replace(found.write_key ?? "", "unknown") })
      : await call("$default", { ...request, method: "DELETE", signed: false });
    expect(failure, name).toBe(known ? 401 : 405);
  }
  expect(expected).toHaveLength(2 * names.length);

  const columns = ["method", "route", "path", "status", "bytes_in", "bytes_out", "key_prefix", "client_id"];
  const entries = () => sql<Expected[]>`
    SELECT ${sql(columns)} FROM audit_log JOIN audit_personal USING (at, lane, seal, leaf)
     WHERE user_agent = ${agent} AND duration_ms >= 0 AND address = '127.0.0.1'`;
  const lines = (rows: readonly Expected[]): string[] =>
    rows.map((row) => JSON.stringify(row, columns)).sort();
  await vi.waitFor(async () => expect(await entries()).toHaveLength(expected.length), {
    timeout: 45_000,
    interval: 200,
  });
  expect(lines(await entries())).toEqual(lines(expected));
});

it("entries of admin calls hold the state before and after, and no secret", async () => {
  const rows = await sql<{ method: string; route: string; change: Record<string, unknown> }[]>`
    SELECT method, route, change FROM audit_log JOIN audit_personal USING (at, lane, seal, leaf)
     WHERE user_agent = ${agent} AND change IS NOT NULL`;
  const changes = Object.fromEntries(rows.map(({ method, route, change }) => [`${method} ${route}`, change]));
  const walked = { name: "walked", burst: 2_000 };
  const key = { scopes: ["read"], key_id: expect.any(String), prefix: expect.any(String) };
  expect(changes).toMatchObject({
    "POST /v1/clients": { before: null, after: { name: "walked too" } },
    "PATCH /v1/clients/{client_id}": { before: walked, after: { ...walked, burst: 7 } },
    "POST /v1/clients/{client_id}/keys": { before: null, after: key },
    "DELETE /v1/clients/{client_id}/keys/{key_id}": {
      before: { revoked_at: null },
      after: { revoked_at: expect.any(String) },
    },
    "POST /v1/clients/{client_id}/webhooks": {
      before: null,
      after: { source: "walked-too", kind: "github" },
    },
    "DELETE /v1/clients/{client_id}/webhooks/{source}": { before: { source: "deleted" }, after: null },
    "POST /v1/meters": { before: null, after: { name: "walked-too", value: null, dimensions: [] } },
    "DELETE /v1/meters/{meter}": { before: { name: "walked", event_type: "walked" }, after: null },
    "POST /v1/erasures": { before: null, after: { client_id: "demo", property: "payload.user" } },
    "POST /v1/audit/erasures": { before: null, after: { criteria: { address: "given" }, erased: 0 } },
  });
  const text = JSON.stringify(rows);
  for (const personal of ["somebody", "192.0.2.99"]) expect(text).not.toContain(personal);
  expect(text).not.toMatch(/"secret"|hash|whsec_/);
});
