/** What commands do on the servers themselves, in the shape of the API: its operations, parameters and responses. */
import type { Command } from "commander";
import type { Deps } from "../../lib/app/connect.ts";
import { changeOf, eraseAudit } from "../../lib/audit/erase.ts";
import { auditErasureSchema } from "../../lib/audit/erase-contract.ts";
import { checkpointsAfter } from "../../lib/audit/read/checkpoints.ts";
import { auditPiece } from "../../lib/audit/read/export.ts";
import { parseTime } from "../../lib/base/time.ts";
import { changeClient, createClient, listClients } from "../../lib/clients/clients.ts";
import { changedClientSchema, newKeySchema } from "../../lib/clients/contract.ts";
import { createKey, listKeys, revokeKey } from "../../lib/clients/keys.ts";
import {
  addSecret,
  createWebhook,
  deleteWebhook,
  listWebhooks,
  removeSecret,
} from "../../lib/clients/webhooks.ts";
import { exportPiece } from "../../lib/events/export.ts";
import type { Changed } from "../../lib/http/call.ts";
import { type ExportFormat, MAX_EXPORTED } from "../../lib/http/download.ts";
import { checkBody } from "../../lib/http/validate.ts";
import { listQuarantine, redrive } from "../../lib/quarantine/quarantine.ts";
import { parseCondition } from "../../lib/query/where.ts";
import type { OperationId, Parameters, Result } from "../../sdk/typescript/src/node.ts";
import type { Api } from "../api/api.ts";
import { usageError } from "../errors.ts";
import { withAudit } from "./connect.ts";

/** Runs an action with the servers in place of the API, and records the command in the audit log. */
export const withServersApi = <T>(command: Command, run: (api: Api) => Promise<T>): Promise<T> =>
  withAudit(command, (deps, changed) => run(serversApi(deps, changed)));

/** Duration of one round of an erasure, in milliseconds. */
const ROUND_MS = 60_000;

type Implementations = { [Id in OperationId]?: (parameters: Parameters<Id>) => Promise<Result<Id>> };

function implementations(deps: Deps, changed: Changed) {
  let erased = 0;
  let request: ReturnType<typeof readErasure> | undefined;
  return {
    createClient: ({ body }) => createClient(deps, body, changed),
    changeClient: ({ path, body }) =>
      changeClient(deps, path.client_id, checkBody(changedClientSchema, body), changed),
    listClients: ({ query = {} }) => listClients(deps, { limit: query.limit ?? 1_000, cursor: query.cursor }),
    createKey: ({ path, body }) => {
      const { scopes, expires_at } = checkBody(newKeySchema, body);
      const options = { scopes, expires_at: expires_at ? new Date(expires_at.ms) : undefined };
      return createKey(deps, path.client_id, options, changed);
    },
    listKeys: ({ path, query = {} }) =>
      listKeys(deps, path.client_id, { limit: query.limit ?? 1_000, cursor: query.cursor }),
    revokeKey: async ({ path }) => {
      await revokeKey(deps, path.client_id, path.key_id, changed);
      return undefined;
    },
    createWebhook: ({ path, body }) => createWebhook(deps, path.client_id, body, changed),
    listWebhooks: ({ path, query = {} }) =>
      listWebhooks(deps, path.client_id, { ...query, limit: query.limit ?? 1_000 }),
    deleteWebhook: async ({ path }) => {
      await deleteWebhook(deps, path.client_id, path.source, changed);
      return undefined;
    },
    addWebhookSecret: ({ path, body }) => addSecret(deps, path.client_id, path.source, body, changed),
    removeWebhookSecret: async ({ path }) => {
      await removeSecret(deps, path.client_id, path, changed);
      return undefined;
    },
    listQuarantine: ({ query = {} }) => listQuarantine(deps, { ...query, limit: query.limit ?? 100 }),
    redriveQuarantine: ({ body }) => redrive(deps, { ...body, limit: body.limit ?? 1_000 }, changed),
    eraseAudit: async ({ body }) => {
      const criteria = readErasure(body);
      request ??= criteria;
      const round = await eraseAudit(deps, criteria, ROUND_MS);
      erased += round.erased;
      // One entry records the command, whatever its number of rounds.
      changed(changeOf(request, { erased, complete: round.complete }));
      return round;
    },
    listCheckpoints: ({ query = {} }) => checkpointsAfter(deps.sql, query.after ?? 0, query.limit ?? 1_000),
  } satisfies Implementations;
}

const readErasure = (body: unknown) => checkBody(auditErasureSchema, body);

function serversApi(deps: Deps, changed: Changed): Api {
  const known: Implementations = implementations(deps, changed);
  return {
    url: undefined,
    call: (id, parameters) => {
      const run = known[id] as ((given: object) => Promise<never>) | undefined;
      if (!run) throw usageError("This needs the API. Leave out --direct.");
      return run(parameters ?? {});
    },
    piece: async (id, query) => {
      const { text, cursor } = await (id === "exportEvents" ? eventsPiece : auditEntries)(deps, query);
      return { text, cursor: cursor ?? undefined };
    },
  };
}

interface EventQuery {
  format?: ExportFormat;
  client?: string;
  event_type?: string;
  start?: string;
  end?: string;
  where?: string[];
  cursor?: string;
}

function eventsPiece(
  deps: Deps,
  { format = "ndjson", client, event_type, where = [], cursor, ...range }: EventQuery,
) {
  const filter = {
    clientId: client ?? null,
    eventType: event_type,
    ...instants(range),
    where: where.map(parseCondition),
  };
  return exportPiece(deps, filter, { format, limit: MAX_EXPORTED, cursor });
}

interface AuditQuery {
  format?: ExportFormat;
  client?: string;
  start?: string;
  end?: string;
  cursor?: string;
}

function auditEntries(deps: Deps, { format = "ndjson", start, end, cursor, ...filter }: AuditQuery) {
  const query = { ...filter, ...instants({ start, end }) };
  return auditPiece(deps, query, filter.client ?? null, { format, limit: MAX_EXPORTED, cursor });
}

const instants = ({ start, end }: { start?: string | undefined; end?: string | undefined }) => ({
  start: start === undefined ? undefined : parseTime(start),
  end: end === undefined ? undefined : parseTime(end),
});
