import type { Executor, Transaction } from "../../postgres/client.ts";
import { andIf, type Fragment, utc } from "../../postgres/fragments.ts";

export interface MeterRow {
  meter_id: string;
  client_id: string;
  name: string;
  event_type: string;
  /** The measured property; null to count only. */
  value: string | null;
  /** Names and properties of the dimensions, in the order of their paths. */
  names: string[];
  properties: string[];
  /** Packed days have a sketch of the values. */
  uniques: boolean;
  created_at: string;
  /** True once each transaction that stores events knows the meter. */
  known: boolean;
  /** It has all events from this time on; `-infinity` if all, `infinity` if none are certain. UTC text. */
  filled_from: string;
}

const columns = (sql: Executor): Fragment => sql`
  meter_id, client_id, name, event_type, value, names, properties, uniques, ${utc(sql, "created_at")} AS created_at, known,
  CASE WHEN isfinite(filled_from) THEN ${utc(sql, "filled_from")} ELSE filled_from::text END AS filled_from`;

export interface NewMeter {
  meterId: string;
  clientId: string;
  name: string;
  eventType: string;
  value: string | null;
  uniques: boolean;
  valuePath: readonly string[] | null;
  dimensions: readonly { name: string; property: string; path: readonly string[] }[];
}

/** Most meters of a client, and most including those that were deleted lately and are kept for a day. */
export const MAX_METERS = 20;
const MAX_KEPT = 100;

export type Inserted = "inserted" | "no-client" | "taken" | "too-many";

/** Declares a meter. It locks the client's row, so that two calls can't exceed the limit together. */
export async function insertMeter(tx: Transaction, meter: NewMeter): Promise<Inserted> {
  const clients = await tx`SELECT FROM clients WHERE client_id = ${meter.clientId} FOR UPDATE`;
  if (clients.count === 0) return "no-client";
  const [kept] = await tx<[{ live: number; all: number; taken: boolean }]>`
    SELECT count(*) FILTER (WHERE deleted_at IS NULL)::int AS live, count(*)::int AS all,
           coalesce(bool_or(name = ${meter.name} AND deleted_at IS NULL), false) AS taken
      FROM meters WHERE client_id = ${meter.clientId}`;
  if (kept.taken) return "taken";
  if (kept.live >= MAX_METERS || kept.all >= MAX_KEPT) return "too-many";
  const pathOf = (index: number) => meter.dimensions[index]?.path ?? null;
  await tx`
    INSERT INTO meters (meter_id, client_id, name, event_type, value, uniques, value_path, names, properties, path_1, path_2, path_3)
    VALUES (${meter.meterId}, ${meter.clientId}, ${meter.name}, ${meter.eventType}, ${meter.value}, ${meter.uniques},
            ${meter.valuePath as string[] | null}::text[], ${meter.dimensions.map(({ name }) => name)}::text[],
            ${meter.dimensions.map(({ property }) => property)}::text[], ${pathOf(0) as string[] | null}::text[],
            ${pathOf(1) as string[] | null}::text[], ${pathOf(2) as string[] | null}::text[])`;
  return "inserted";
}

export async function findMeter(
  sql: Executor,
  clientId: string,
  name: string,
): Promise<MeterRow | undefined> {
  const rows = await sql<MeterRow[]>`
    SELECT ${columns(sql)} FROM meters WHERE client_id = ${clientId} AND name = ${name} AND deleted_at IS NULL`;
  return rows[0];
}

/** Meters by client and name. @param after client and name of the last one of the previous page */
export async function selectMeters(
  sql: Executor,
  { clientId, after }: { clientId: string | undefined; after: readonly [string, string] | undefined },
  limit: number,
): Promise<MeterRow[]> {
  return sql<MeterRow[]>`
    SELECT ${columns(sql)} FROM meters
     WHERE deleted_at IS NULL ${andIf(sql, clientId, (id) => sql`client_id = ${id}`)}
           ${andIf(sql, after, ([client, name]) => sql`(client_id, name) > (${client}, ${name})`)}
     ORDER BY client_id, name LIMIT ${limit}`;
}

/** Marks a meter as deleted. @returns it as it was; undefined if there is no such meter */
export async function markDeleted(
  sql: Executor,
  clientId: string,
  name: string,
): Promise<MeterRow | undefined> {
  const rows = await sql<MeterRow[]>`
    UPDATE meters SET deleted_at = clock_timestamp()
     WHERE client_id = ${clientId} AND name = ${name} AND deleted_at IS NULL
    RETURNING ${columns(sql)}`;
  return rows[0];
}
