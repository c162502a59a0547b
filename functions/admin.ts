/** Operations for administrators: clients, keys, webhooks, quarantine, erasure, meters. */

import { getConnectedDeps } from "../lib/app/connect-once.ts";
import { httpHandler } from "../lib/app/handler.ts";
import * as auditErasures from "../lib/audit/erase.ts";
import * as auditErasure from "../lib/audit/erase-contract.ts";
import * as clients from "../lib/clients/clients.ts";
import * as clientsContract from "../lib/clients/contract.ts";
import * as keys from "../lib/clients/keys.ts";
import * as webhooks from "../lib/clients/webhooks.ts";
import * as webhooksContract from "../lib/clients/webhooks-contract.ts";
import * as erasureContract from "../lib/erasure/contract.ts";
import * as erasures from "../lib/erasure/erasures.ts";
import { serve } from "../lib/http/call.ts";
import { linkNext } from "../lib/http/cursor.ts";
import { json } from "../lib/http/gateway.ts";
import { isAcceptable } from "../lib/ingest/event.ts";
import * as metersContract from "../lib/meters/declare-contract.ts";
import * as meters from "../lib/meters/meters.ts";
import * as quarantineContract from "../lib/quarantine/contract.ts";
import * as quarantine from "../lib/quarantine/quarantine.ts";

export const handler = httpHandler(getConnectedDeps, [
  serve(clientsContract.createClient, async ({ deps, body, changed }) => {
    const client = await clients.createClient(deps, body, changed);
    return json(201, client, { location: `/v1/clients/${client.client_id}` });
  }),
  serve(clientsContract.listClients, async ({ deps, query, request }) => {
    const page = await clients.listClients(deps, query);
    return json(200, page, linkNext(request, page.next_cursor));
  }),
  serve(clientsContract.getClient, async ({ deps, params }) =>
    json(200, await clients.requireClient(deps, params.client_id)),
  ),
  serve(clientsContract.changeClient, async ({ deps, params, body, changed }) =>
    json(200, await clients.changeClient(deps, params.client_id, body, changed)),
  ),
  serve(clientsContract.createKey, async ({ deps, params, body, changed }) => {
    const expires = body.expires_at ? new Date(body.expires_at.ms) : null;
    const options = { scopes: body.scopes, expires_at: expires };
    const key = await keys.createKey(deps, params.client_id, options, changed);
    return json(201, key, { location: `/v1/clients/${params.client_id}/keys/${key.key_id}` });
  }),
  serve(clientsContract.listKeys, async ({ deps, params, query, request }) => {
    const page = await keys.listKeys(deps, params.client_id, query);
    return json(200, page, linkNext(request, page.next_cursor));
  }),
  serve(clientsContract.revokeKey, async ({ deps, params, changed }) => {
    await keys.revokeKey(deps, params.client_id, params.key_id, changed);
    return { status: 204, headers: {}, body: "" };
  }),
  serve(webhooksContract.createWebhook, async ({ deps, params, body, changed }) => {
    const webhook = await webhooks.createWebhook(deps, params.client_id, body, changed);
    return json(201, webhook, { location: `/v1/clients/${params.client_id}/webhooks/${webhook.source}` });
  }),
  serve(webhooksContract.listWebhooks, async ({ deps, params, query, request }) => {
    const page = await webhooks.listWebhooks(deps, params.client_id, query);
    return json(200, page, linkNext(request, page.next_cursor));
  }),
  serve(webhooksContract.deleteWebhook, async ({ deps, params, changed }) => {
    await webhooks.deleteWebhook(deps, params.client_id, params.source, changed);
    return { status: 204, headers: {}, body: "" };
  }),
  serve(webhooksContract.addWebhookSecret, async ({ deps, params, body, changed }) => {
    const added = await webhooks.addSecret(deps, params.client_id, params.source, body, changed);
    const location = `/v1/clients/${params.client_id}/webhooks/${params.source}/secrets/${added.secret_id}`;
    return json(201, added, { location });
  }),
  serve(webhooksContract.removeWebhookSecret, async ({ deps, params, changed }) => {
    await webhooks.removeSecret(deps, params.client_id, params, changed);
    return { status: 204, headers: {}, body: "" };
  }),
  serve(quarantineContract.listQuarantine, async ({ deps, query, request }) => {
    const page = await quarantine.listQuarantine(deps, query);
    return json(200, page, linkNext(request, page.next_cursor));
  }),
  serve(quarantineContract.redriveQuarantine, async ({ deps, body, changed }) =>
    json(
      202,
      await quarantine.redrive(deps, body, changed, (event) =>
        isAcceptable(event, deps.config.retentionDays),
      ),
    ),
  ),
  serve(auditErasure.eraseAudit, async ({ deps, body, changed }) => {
    const erased = await auditErasures.eraseAudit(deps, body);
    changed(auditErasures.changeOf(body, erased));
    return json(200, erased);
  }),
  serve(erasureContract.createErasure, async ({ deps, body, caller, changed, request }) => {
    const { receivedAt } = request;
    const erasure = await erasures.createErasure(deps, body, { caller, receivedAt }, changed);
    return json(202, erasure, { location: `/v1/erasures/${erasure.erasure_id}` });
  }),
  serve(erasureContract.getErasure, async ({ deps, params }) =>
    json(200, await erasures.getErasure(deps, params.erasure_id)),
  ),
  serve(metersContract.createMeter, async ({ deps, body, changed }) => {
    const meter = await meters.createMeter(deps, body, changed);
    return json(201, meter, { location: `/v1/meters/${meter.name}?client=${meter.client_id}` });
  }),
  serve(metersContract.deleteMeter, meters.deleteMeter),
  serve(erasureContract.listErasures, async ({ deps, query, request }) => {
    const page = await erasures.listErasures(deps, query);
    return json(200, page, linkNext(request, page.next_cursor));
  }),
]);
