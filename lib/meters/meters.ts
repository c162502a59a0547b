/** Meters: declare, get, list, delete. */
import type { z } from "zod";
import { unrecorded } from "../audit/record/change.ts";
import { clientFilter } from "../auth/client-filter.ts";
import { uuidv7 } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { shortenTime } from "../base/time.ts";
import type { Call, Caller, Changed } from "../http/call.ts";
import { decodeCursor, encodeCursor, isTextPart, linkNext } from "../http/cursor.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import { Problem } from "../http/problem.ts";
import type { Database, Executor } from "../postgres/client.ts";
import { isLocked, newSteps, TimeUpError } from "../postgres/lock-retry.ts";
import { transaction } from "../postgres/transaction.ts";
import { type PropertyPath, parseProperty } from "../query/property.ts";
import type * as contract from "./contract.ts";
import type * as declareContract from "./declare-contract.ts";
import { fillMeters } from "./fill.ts";
import {
  findMeter,
  type Inserted,
  insertMeter,
  MAX_METERS,
  type MeterRow,
  markDeleted,
  selectMeters,
} from "./sql/meters.ts";

type Meter = z.output<typeof contract.meterSchema>;

/** How long a call fills its meter; maintenance does the rest. */
const WORK_MS = 5_000;

/**
 * Declares a meter, and fills it as far as a call has time for.
 * @throws {Problem} `invalid-body` for an invalid property or name and beyond the limit, `not-found` for an unknown client,
 * `conflict` if the client has a meter of that name
 */
export async function createMeter(
  { sql, log }: { sql: Database; log: Log },
  {
    client_id: clientId,
    name,
    event_type: eventType,
    value,
    dimensions,
    uniques,
  }: z.output<typeof declareContract.newMeterSchema>,
  changed: Changed = unrecorded,
): Promise<Meter> {
  requireDistinct(dimensions.map((dimension) => dimension.name));
  if (uniques && value === null) throw invalidBody("/uniques", "needs a value");
  const meterId = uuidv7(Date.now());
  const inserted = await transaction(sql, (tx) =>
    insertMeter(tx, {
      meterId,
      clientId,
      name,
      eventType,
      value,
      uniques,
      valuePath: value === null ? null : pathAt("/value", value),
      dimensions: dimensions.map((dimension, index) => ({
        ...dimension,
        path: pathAt(`/dimensions/${index}/property`, dimension.property),
      })),
    }),
  );
  if (inserted !== "inserted") throw notInserted(inserted, clientId, name);
  // The meter is declared, even if its fill has to wait.
  await begin(sql, meterId).catch((error: Error) => log.warn("meter-fill-put-off", { error }));
  const meter = await requireMeter(sql, clientId, name);
  changed({ before: null, after: declared(meter) });
  return toMeter(meter);
}

function requireDistinct(names: readonly string[]): void {
  const repeated = names.findIndex((name, index) => names.indexOf(name) < index);
  if (repeated >= 0) throw invalidBody(`/dimensions/${repeated}/name`, "is the name of two dimensions");
}

function pathAt(pointer: string, property: string): PropertyPath {
  try {
    return parseProperty(property);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw invalidBody(pointer, error.message);
  }
}

const invalidBody = (pointer: string, detail: string): Problem =>
  new Problem("invalid-body", "The body does not match the schema.", {
    errors: [{ pointer, detail: `${pointer.slice(1).replaceAll("/", ".")}: ${detail}` }],
  });

function notInserted(why: Exclude<Inserted, "inserted">, clientId: string, name: string): Problem {
  if (why === "no-client") return new Problem("not-found", "The client does not exist.");
  if (why === "taken") return new Problem("conflict", `The client ${clientId} already has a meter ${name}.`);
  return invalidBody("/client_id", `has ${MAX_METERS} meters; delete one, and wait a day if you delete many`);
}

async function begin(sql: Database, only: string): Promise<void> {
  const steps = newSteps(sql, { endsAt: Date.now() + WORK_MS, pace: { attempts: 2, pauseMs: 100 } });
  try {
    await fillMeters(steps, { only });
  } catch (error) {
    if (!(error instanceof TimeUpError) && !isLocked(error)) throw error;
  }
}

/** @throws {Problem} `not-found` */
export async function requireMeter(sql: Executor, clientId: string, name: string): Promise<MeterRow> {
  const row = await findMeter(sql, clientId, name);
  if (!row) throw new Problem("not-found", "The client has no meter of that name.");
  return row;
}

/** The client whose meters a call means. @throws {Problem} `insufficient-scope` */
export function clientOfMeter(asked: { caller: Caller; query: { client?: string | undefined } }): string {
  const { clientId } = asked.caller;
  const client = clientFilter(asked) ?? clientId;
  if (client === null) throw new Error("A caller without a client reached a query for meters.");
  return client;
}

/** @throws {Problem} `not-found`, `insufficient-scope` */
export async function getMeter(
  call: Call<{ sql: Database }, typeof contract.getMeter>,
): Promise<ApiResponse> {
  return json(200, toMeter(await requireMeter(call.deps.sql, clientOfMeter(call), call.params.meter)));
}

/** Meters by client and name, a page at a time. @throws {Problem} `invalid-parameter`, `insufficient-scope` */
export async function listMeters(
  call: Call<{ sql: Database }, typeof contract.listMeters>,
): Promise<ApiResponse> {
  const { deps, query, request } = call;
  const clientId = clientFilter(call) ?? undefined;
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor, [isTextPart, isTextPart]);
  // One row more than requested shows whether there is a next page.
  const rows = await selectMeters(deps.sql, { clientId, after }, query.limit + 1);
  const meters = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? meters.at(-1) : undefined;
  const next = last ? encodeCursor([last.client_id, last.name]) : null;
  return json(200, { meters: meters.map(toMeter), next_cursor: next }, linkNext(request, next));
}

/** Deletes a meter. Maintenance deletes its rollups. @throws {Problem} `not-found` */
export async function deleteMeter(
  call: Call<{ sql: Database }, typeof declareContract.deleteMeter>,
): Promise<ApiResponse> {
  const meter = await markDeleted(call.deps.sql, clientOfMeter(call), call.params.meter);
  if (!meter) throw new Problem("not-found", "The client has no meter of that name.");
  call.changed({ before: declared(meter), after: null });
  return { status: 204, headers: {}, body: "" };
}

/** How far a meter is filled, see the contract. */
export function progressOf({ known, filled_from: from }: MeterRow): Pick<Meter, "state" | "complete_from"> {
  if (from === "-infinity") return { state: "complete", complete_from: null };
  return {
    state: known ? "filling" : "waiting",
    complete_from: from === "infinity" ? null : shortenTime(from),
  };
}

const declared = (row: MeterRow) => ({
  client_id: row.client_id,
  name: row.name,
  event_type: row.event_type,
  value: row.value,
  dimensions: row.names.map((name, index) => ({ name, property: row.properties[index] ?? "" })),
  uniques: row.uniques,
});

const toMeter = (row: MeterRow): Meter => ({
  ...declared(row),
  created_at: shortenTime(row.created_at),
  ...progressOf(row),
});
