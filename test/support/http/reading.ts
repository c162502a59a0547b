/** Inserts rows as the worker would, and queries them through the functions' own stack. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import * as analytics from "../../../lib/analytics/contract.ts";
import { countEvents, getLatency, groupEvents } from "../../../lib/analytics/count.ts";
import { getFunnel } from "../../../lib/analytics/funnel.ts";
import * as properties from "../../../lib/analytics/properties-contract.ts";
import { getSeries } from "../../../lib/analytics/series.ts";
import { getTop } from "../../../lib/analytics/top.ts";
import { getUniques } from "../../../lib/analytics/uniques.ts";
import type { Deps } from "../../../lib/app/connect.ts";
import { httpHandler } from "../../../lib/app/handler.ts";
import * as audit from "../../../lib/audit/contract.ts";
import { listCheckpoints } from "../../../lib/audit/read/checkpoints.ts";
import { exportAudit } from "../../../lib/audit/read/export.ts";
import { listAudit } from "../../../lib/audit/read/list.ts";
import { followAudit } from "../../../lib/audit/read/poll.ts";
import { getProof } from "../../../lib/audit/read/proof.ts";
import { verifyAudit } from "../../../lib/audit/read/verify.ts";
import * as auth from "../../../lib/auth/contract.ts";
import { getOwnKey } from "../../../lib/auth/own-key.ts";
import { eventKey } from "../../../lib/base/ids.ts";
import type { Scope } from "../../../lib/base/scope.ts";
import * as events from "../../../lib/events/contract.ts";
import { getEvent } from "../../../lib/events/events.ts";
import { exportEvents } from "../../../lib/events/export.ts";
import * as exports from "../../../lib/events/export-contract.ts";
import { listEvents } from "../../../lib/events/list.ts";
import { getPipeline } from "../../../lib/events/pipeline.ts";
import { getReceipt } from "../../../lib/events/receipts.ts";
import { type Served, serve } from "../../../lib/http/call.ts";
import type { Operation } from "../../../lib/http/operation.ts";
import * as meters from "../../../lib/meters/contract.ts";
import { getMeter, listMeters } from "../../../lib/meters/meters.ts";
import { type Answer, addClient, context, isJson, toAnswer } from "../pipeline.ts";
import { gatewayEvent } from "./gateway.ts";

const served = [
  serve(events.getReceipt, getReceipt),
  serve(events.listEvents, listEvents),
  serve(exports.exportEvents, exportEvents),
  serve(events.getEvent, getEvent),
  serve(events.getPipeline, getPipeline),
  serve(analytics.countEvents, countEvents),
  serve(analytics.groupEvents, groupEvents),
  serve(analytics.getSeries, getSeries),
  serve(analytics.getLatency, getLatency),
  serve(properties.getTop, getTop),
  serve(properties.getUniques, getUniques),
  serve(properties.getFunnel, getFunnel),
  serve(audit.listAudit, listAudit),
  serve(audit.exportAudit, exportAudit),
  serve(audit.followAudit, followAudit),
  serve(audit.verifyAudit, verifyAudit),
  serve(audit.listCheckpoints, listCheckpoints),
  serve(audit.getProof, getProof),
  serve(auth.getOwnKey, getOwnKey),
  serve(meters.listMeters, listMeters),
  serve(meters.getMeter, getMeter),
];

interface Asked {
  query?: Record<string, string | string[]> | URLSearchParams;
  params?: Record<string, string>;
  /** Sent as JSON; text is sent unchanged. */
  body?: unknown;
}

export type Ask = (operation: Operation, asked?: Asked) => Promise<Answer & { text: string }>;

function searchParams(query: NonNullable<Asked["query"]>): URLSearchParams {
  if (query instanceof URLSearchParams) return query;
  const params = new URLSearchParams();
  for (const [name, given] of Object.entries(query))
    for (const value of [given].flat()) params.append(name, value);
  return params;
}

/** Calls with a key. Every 200 is checked against the contract. */
export function asker(deps: Deps, secret: string, operations: readonly Served<Deps>[] = served): Ask {
  const handler = httpHandler(() => deps, operations);
  return async (operation, { query = {}, params = {}, body } = {}) => {
    const path = operation.path.replace(/\{(\w+)\}/, (_, name: string) =>
      encodeURIComponent(params[name] ?? ""),
    );
    const result = await handler(
      gatewayEvent({
        method: operation.method,
        route: operation.path,
        path,
        query: searchParams(query),
        params,
        headers: { "x-api-key": secret, "content-type": "application/json" },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
      context,
    );
    const answer = toAnswer(result);
    const text = result.body ?? "";
    const said = isJson(answer) ? answer.body : text;
    if (answer.status === 200) expect(operation.responses[200]?.safeParse(said).error).toBeUndefined();
    return { ...answer, text };
  };
}

/** Adds a client, and calls with its key. */
export const askerOf = async (
  deps: Deps,
  clientId: string,
  scopes: Scope[] = ["ingest", "read"],
): Promise<Ask> => asker(deps, (await addClient(deps, clientId, { scopes })).secret);

export interface Row {
  client_id: string;
  event_id: string;
  event_type: string;
  /** A time in RFC 3339, to the microsecond. */
  event_time: string;
  received_at: string;
  processed_at: string;
  receipt_id: string;
  payload: string;
}

export const aRow = (overrides: Partial<Row> = {}): Row => {
  const now = new Date().toISOString();
  return {
    client_id: "acme",
    event_id: randomUUID(),
    event_type: "test.happened",
    event_time: now,
    received_at: now,
    processed_at: now,
    receipt_id: randomUUID(),
    payload: '{"n":1}',
    ...overrides,
  };
};

let slots = 0;

/** Stores events in the ledger, the table, and the rollups of all grains, spread over two slots
 * that no other call uses. */
export async function insertRows({ sql }: Deps, rows: readonly Row[]): Promise<void> {
  slots += 2;
  const column = (name: keyof Row): string[] => rows.map((row) => row[name]);
  await sql`
    WITH rows AS (
      SELECT * FROM unnest(
        ${column("client_id")}::text[], ${column("event_id")}::text[], ${column("event_type")}::text[],
        ${column("event_time")}::text[]::timestamptz[], ${column("received_at")}::text[]::timestamptz[],
        ${column("processed_at")}::text[]::timestamptz[], ${column("receipt_id")}::uuid[],
        ${column("payload")}::text[]::json[], ${rows.map((row) => eventKey(row.event_id))}::uuid[])
        AS r (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload, event_key)
    ), ledger AS (
      INSERT INTO event_ledger (event_key, client_id, event_time) SELECT event_key, client_id, event_time FROM rows
    ), stored AS (
      INSERT INTO events
      SELECT client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload FROM rows
    )
    INSERT INTO rollups (client_id, event_type, bucket, count, latency_max_ms, grain, slot, latency_bins, latency_counts)
    SELECT client_id, event_type, bucket, sum(n), max(max_ms), grain, slot,
           array_agg(bin ORDER BY bin), array_agg(n ORDER BY bin)
      FROM (SELECT client_id, event_type, date_bin(make_interval(mins => grain), event_time, 'epoch') AS bucket, grain,
                   (${slots} + abs(hashtext(event_id)) % 2)::smallint AS slot, latency_bin(latency) AS bin,
                   count(*) AS n, max(latency) AS max_ms
              FROM rows, unnest(ARRAY[1, 15, 60, 1440]) AS grain, latency_ms(received_at, processed_at) AS latency
             GROUP BY 1, 2, 3, 4, 5, 6) AS binned
     GROUP BY client_id, event_type, bucket, grain, slot`;
}

/** Inserts rows that differ by their number, from 0 on. */
export const insertMany = (
  deps: Deps,
  count: number,
  overrides: (n: number) => Partial<Row>,
): Promise<void> =>
  insertRows(
    deps,
    Array.from({ length: count }, (_, n) => aRow(overrides(n))),
  );
