/** Calls the functions' own stacks directly, without a network. */
import type { Context } from "aws-lambda";
import * as contract from "../lib/analytics/contract.ts";
import { countEvents, getLatency, groupEvents } from "../lib/analytics/count.ts";
import { getSeries } from "../lib/analytics/series.ts";
import type { Deps } from "../lib/app/connect.ts";
import { httpHandler } from "../lib/app/handler.ts";
import { hashSecret, newKeyId, newSecret, secretPrefix } from "../lib/base/ids.ts";
import type { Scope } from "../lib/base/scope.ts";
import * as events from "../lib/events/contract.ts";
import { listEvents } from "../lib/events/list.ts";
import { serve } from "../lib/http/call.ts";
import type { Operation } from "../lib/http/operation.ts";
import { sendEvents } from "../lib/ingest/contract.ts";
import { ingest } from "../lib/ingest/ingest.ts";
import { gatewayEvent } from "../test/support/http/gateway.ts";

/** The parts of Lambda's context that handlers use. */
const context = { getRemainingTimeInMillis: () => 30_000 } as Context;

/** Higher than any machine can send. */
const RATE = 100_000_000;

/** Creates a client with a practically unlimited rate. @returns the secret of its key */
export async function makeClient({ sql }: Deps, clientId: string, scopes: Scope[]): Promise<string> {
  const secret = newSecret(clientId);
  await sql`INSERT INTO clients (client_id, name, rate_limit_per_second, burst)
            VALUES (${clientId}, ${clientId}, ${RATE}, ${RATE}) ON CONFLICT DO NOTHING`;
  await sql`INSERT INTO api_keys (key_id, client_id, hash, prefix, scopes)
            VALUES (${newKeyId()}, ${clientId}, ${hashSecret(secret)}, ${secretPrefix(secret)}, ${scopes})`;
  return secret;
}

/** The gateway's event for POST /v1/events, derived from an earlier one: building it anew would count as Weir's time. */
export function postOf(secret: string): (body: string) => ReturnType<typeof gatewayEvent> {
  const headers = { "x-api-key": secret, "content-type": "application/json" };
  const template = gatewayEvent({ method: "POST", route: "/v1/events", headers });
  return (body) => ({
    ...template,
    body,
    requestContext: { ...template.requestContext, timeEpoch: Date.now() },
  });
}

/** Creates many clients at once, see `makeClient`. @returns the secrets of their keys, in the same order */
export async function makeClients({ sql }: Deps, clientIds: string[], scopes: Scope[]): Promise<string[]> {
  const secrets = clientIds.map((id) => newSecret(id));
  await sql`INSERT INTO clients (client_id, name, rate_limit_per_second, burst)
            SELECT id, id, ${RATE}, ${RATE} FROM unnest(${clientIds}::text[]) AS id`;
  await sql`INSERT INTO api_keys (key_id, client_id, hash, prefix, scopes)
            SELECT key_id, client_id, decode(hash, 'hex'), prefix, ${scopes}
              FROM unnest(${clientIds.map(() => newKeyId())}::text[], ${clientIds}::text[],
                          ${secrets.map((secret) => hashSecret(secret).toString("hex"))}::text[],
                          ${secrets.map((secret) => secretPrefix(secret))}::text[]) AS key(key_id, client_id, hash, prefix)`;
  return secrets;
}

/** Sends a key's bodies to the ingest function's own stack. The returned function throws if the response is not 202. */
export function ingestAs(deps: Deps): (post: ReturnType<typeof postOf>, body: string) => Promise<void> {
  const handler = httpHandler(() => deps, [serve(sendEvents, ingest)]);
  return async (post, body) => {
    const result = await handler(post(body), context);
    if (result.statusCode !== 202) throw new Error(`ingest: ${result.statusCode} ${result.body}`);
  };
}

/** The same for one key. */
export function ingestOf(deps: Deps, secret: string): (body: string) => Promise<void> {
  const send = ingestAs(deps);
  const post = postOf(secret);
  return (body) => send(post, body);
}

/** Calls the analytics function's own stack. The returned function throws if the response is not 200. */
export function handlerOf(deps: Deps, secret: string) {
  const handler = httpHandler(
    () => deps,
    [
      serve(contract.countEvents, countEvents),
      serve(contract.groupEvents, groupEvents),
      serve(contract.getSeries, getSeries),
      serve(contract.getLatency, getLatency),
      serve(events.listEvents, listEvents),
    ],
  );
  return async (operation: Operation, query: Record<string, string>): Promise<unknown> => {
    const headers = { "x-api-key": secret };
    const { method, path: route } = operation;
    const result = await handler(gatewayEvent({ method, route, query, headers }), context);
    if (result.statusCode !== 200) throw new Error(`${route}: ${result.statusCode} ${result.body}`);
    return result.body;
  };
}
