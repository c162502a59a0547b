/** Fills meters from stored events, and rebuilds their cells after an erasure: why it is exact is in docs/decisions/0046. */
import { MINUTE_MS } from "../../base/time.ts";
import type { Executor, Transaction } from "../../postgres/client.ts";
import { andIf, type Fragment, time, utc } from "../../postgres/fragments.ts";
import { addCell, cellColumns, cellSums, cellsOfEvents, FILL_SLOT, meteredRows } from "./meter-cells.ts";
import { unpackDays } from "./pack-meters.ts";
import { packedMeterQuarters } from "./packed-quarters.ts";
import { METER_GRAINS } from "./prune-meters.ts";

type MeterGrain = (typeof METER_GRAINS)[number];

/** The grains whose cells are sums of the next finer one's. */
const COARSER: readonly { grain: MeterGrain; from: MeterGrain }[] = [
  { grain: 60, from: 15 },
  { grain: 1440, from: 60 },
];

/**
 * Other transactions that hold a lock on the table of meters, by virtual transaction id: those that store events or erase
 * payloads. One that may not see a meter is listed after the meter's commit, see `liveMeters`.
 * https://www.postgresql.org/docs/18/view-pg-locks.html
 */
export async function listMeterUsers(sql: Executor): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    SELECT DISTINCT virtualtransaction AS id FROM pg_locks
     WHERE locktype = 'relation' AND relation = 'meters'::regclass AND pid <> pg_backend_pid()
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  return new Set(rows.map(({ id }) => id));
}

/** Ids of meters that are not complete, oldest first. @param only the only one to look at; undefined for all */
export async function listUnfilled(
  sql: Executor,
  only: string | undefined,
): Promise<{ unknown: string[]; known: string[] }> {
  const rows = await sql<{ meter_id: string; known: boolean }[]>`
    SELECT meter_id, known FROM meters
     WHERE deleted_at IS NULL AND filled_from > '-infinity' ${andIf(sql, only, (id) => sql`meter_id = ${id}`)}
     ORDER BY created_at`;
  const ids = (known: boolean) => rows.filter((row) => row.known === known).map(({ meter_id }) => meter_id);
  return { unknown: ids(false), known: ids(true) };
}

export async function noteKnown(sql: Executor, ids: readonly string[]): Promise<void> {
  await sql`UPDATE meters SET known = true WHERE meter_id = ANY(${[...ids]}::uuid[]) AND NOT known`;
}

interface Locked {
  meter_id: string;
  client_id: string;
  event_type: string;
  /** UTC text, or `infinity` before the first piece. */
  filled_from: string;
}

/**
 * Locks a meter that is known and not complete, until the transaction ends: against other fills, and against erasures.
 * @returns undefined if there is no such meter
 */
async function lockUnfilled(tx: Transaction, meterId: string): Promise<Locked | undefined> {
  const rows = await tx<Locked[]>`
    SELECT meter_id, client_id, event_type,
           CASE WHEN isfinite(filled_from) THEN ${utc(tx, "filled_from")} ELSE filled_from::text END AS filled_from
      FROM meters WHERE meter_id = ${meterId} AND known AND deleted_at IS NULL AND filled_from > '-infinity'
       FOR UPDATE`;
  return rows[0];
}

/**
 * Fills the next piece of a meter, before what is filled: full quarters of an hour with about `limit` events of the client.
 * @returns false if nothing is left
 */
export async function fillPiece(tx: Transaction, meterId: string, limit: number): Promise<boolean> {
  const meter = await lockUnfilled(tx, meterId);
  if (meter === undefined) return false;
  const [{ start, horizon }] = await tx<[{ start: string | null; horizon: string }]>`
    SELECT ${utc(tx, "horizon")} AS horizon, to_char(date_bin('15 minutes', (
             SELECT event_time FROM events
              WHERE client_id = ${meter.client_id} AND event_time >= horizon
                AND event_time < ${time(tx, meter.filled_from)}
              ORDER BY event_time DESC OFFSET ${limit - 1} LIMIT 1), 'epoch') AT TIME ZONE 'UTC',
             'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS start
      FROM retention`;
  await fillRange(tx, [meter.meter_id], start ?? horizon, meter.filled_from);
  await tx`
    UPDATE meters SET filled_from = ${time(tx, start ?? "-infinity")} WHERE meter_id = ${meterId}`;
  return start !== null;
}

/**
 * Adds to a range of meters what their cells lack of the stored events. Their rows must be locked.
 * @param from on a quarter of an hour, like `to`; UTC text, or infinite
 */
export async function fillRange(
  tx: Transaction,
  meterIds: readonly string[],
  from: string,
  to: string,
): Promise<void> {
  await addMissing(tx, meterIds, 15, from, to, ofEvents(tx, meterIds, from, to));
  await fillCoarser(tx, meterIds, from, to);
}

/** Adds to the cells of hours and days what they lack of their finer ones, except on days that may be packed, which have none. */
async function fillCoarser(
  tx: Transaction,
  meterIds: readonly string[],
  from: string,
  to: string,
): Promise<void> {
  for (const { grain, from: finer } of COARSER) {
    const first = tx`greatest(${floor(tx, grain, from)}, (SELECT settled FROM packing))`;
    const last = ceiling(tx, grain, to);
    const cells = tx`
      SELECT meter_id, date_bin(${`${grain} minutes`}::text::interval, bucket, 'epoch') AS bucket, dimensions, ${cellSums(tx)}
        FROM meter_rollups
       WHERE meter_id = ANY(${[...meterIds]}::uuid[]) AND grain = ${finer} AND bucket >= ${first} AND bucket < ${last}
       GROUP BY 1, 2, 3`;
    await addMissing(tx, meterIds, grain, first, last, cells);
  }
}

const floor = (sql: Executor, grain: MeterGrain, text: string): Fragment =>
  /infinity/.test(text)
    ? time(sql, text)
    : sql`date_bin(${`${grain} minutes`}::text::interval, ${time(sql, text)}, 'epoch')`;
const ceiling = (sql: Executor, grain: MeterGrain, text: string): Fragment =>
  /infinity/.test(text)
    ? time(sql, text)
    : sql`(${floor(sql, grain, text)} + ${`${grain} minutes`}::text::interval)`;

const ofEvents = (
  sql: Executor,
  meterIds: readonly string[],
  from: string | Fragment,
  to: string | Fragment,
): Fragment => sql`
  SELECT meter_id, bucket, dimensions, ${cellsOfEvents(sql)}
    FROM (${meteredRows(
      sql,
      sql`meter_id, event_id, event_time, bucket`,
      sql`(SELECT meter_id, event_id, event_time, date_bin('15 minutes', event_time, 'epoch') AS bucket, payload, value_path,
                  path_1, path_2, path_3
             FROM meters m JOIN events e ON e.client_id = m.client_id AND e.event_type = m.event_type
            WHERE meter_id = ANY(${[...meterIds]}::uuid[]) AND event_time >= ${instant(sql, from)}
              AND event_time < ${instant(sql, to)}) AS of_meters`,
    )}) AS metered
   GROUP BY 1, 2, 3`;

const instant = (sql: Executor, at: string | Fragment): Fragment =>
  typeof at === "string" ? time(sql, at) : at;

/**
 * Adds to the cells of one grain the difference between what is wanted and what they hold, packed or not. One statement, so one
 * snapshot: a worker's transaction is in both, or in neither. Extremes and the latest number need no difference: an event that is seen twice
 * changes them once. A sum of both and not a join, which PostgreSQL would plan for a few cells.
 */
async function addMissing(
  tx: Transaction,
  meterIds: readonly string[],
  grain: MeterGrain,
  from: string | Fragment,
  to: string | Fragment,
  wanted: Fragment,
): Promise<void> {
  const ofMeters = tx`meter_id = ANY(${[...meterIds]}::uuid[])`;
  const within = tx`bucket >= ${instant(tx, from)} AND bucket < ${instant(tx, to)}`;
  const rollups = tx`meter_rollups WHERE ${ofMeters} AND grain = ${grain} AND ${within}`;
  const days = tx`
    packed_meter_days WHERE ${ofMeters} AND day > ${instant(tx, from)} - interval '1 day' AND day < ${instant(tx, to)}`;
  const held = [
    rollups,
    ...(grain === 15 ? [tx`(${packedMeterQuarters(tx, days)}) AS packed WHERE ${within}`] : []),
  ];
  await tx`
    INSERT INTO meter_rollups AS r (meter_id, grain, bucket, dimensions, slot, ${cellColumns(tx)})
    SELECT meter_id, ${grain}::smallint, bucket, dimensions, ${FILL_SLOT}::smallint, ${cellSums(tx)}
      FROM (${held.reduce(
        (both, cells) => tx`
            ${both} UNION ALL
            SELECT meter_id, bucket, dimensions, -count, -numbers, -not_numbers, -sum, NULL, NULL, NULL FROM ${cells}`,
        wanted,
      )}) AS both_ways
     GROUP BY meter_id, bucket, dimensions HAVING sum(count) > 0
     ORDER BY 1, 2, 3, 4
    ${addCell(tx)}`;
}

/**
 * Deletes the cells that overlap a range, of all grains, and fills them from the stored events as they are now; those before a
 * meter's fill stay empty until it comes there.
 * @param meter locked by `lockMeters`
 * @param from milliseconds since the Unix epoch, like `to`, which is inclusive
 */
export async function rebuildRange(
  tx: Transaction,
  { meter_id: id, filled_from: filledFrom }: LockedMeter,
  from: number,
  to: number,
): Promise<void> {
  await unpackDays(tx, id, textOf(from), textOf(to));
  // In the order in which workers add to them. A worker that waits for one then adds to a new one, after this transaction.
  for (const grain of METER_GRAINS) {
    const overlaps = tx`
      meter_id = ${id} AND grain = ${grain} AND bucket >= ${time(tx, floorMs(from, grain))} AND bucket <= ${time(tx, textOf(to))}`;
    await tx`SELECT FROM meter_rollups WHERE ${overlaps} ORDER BY bucket, dimensions, slot FOR UPDATE`;
    await tx`DELETE FROM meter_rollups WHERE ${overlaps}`;
  }
  const [first, last] = [floorMs(from, 15), floorMs(to + 15 * MINUTE_MS, 15)];
  const filled = /infinity/.test(filledFrom) ? filledFrom : textOf(Date.parse(filledFrom));
  const start = filled === "-infinity" || filled < first ? first : filled;
  if (filled !== "infinity" && start < last)
    await addMissing(tx, [id], 15, start, last, ofEvents(tx, [id], start, last));
  await fillCoarser(tx, [id], first, last);
}

const textOf = (ms: number): string => new Date(ms).toISOString();
const floorMs = (ms: number, grain: MeterGrain): string =>
  textOf(Math.floor(ms / (grain * MINUTE_MS)) * grain * MINUTE_MS);

export interface LockedMeter {
  meter_id: string;
  event_type: string;
  /** UTC text, or infinite. */
  filled_from: string;
}

/**
 * A client's meters, locked until this transaction ends, so that no fill goes on meanwhile. Call it after payloads were replaced. Also those
 * that were deleted, as long as their rollups exist.
 */
export async function lockMeters(tx: Transaction, clientId: string): Promise<LockedMeter[]> {
  return tx<LockedMeter[]>`
    SELECT meter_id, event_type,
           CASE WHEN isfinite(filled_from) THEN ${utc(tx, "filled_from")} ELSE filled_from::text END AS filled_from
      FROM meters WHERE client_id = ${clientId} ORDER BY meter_id FOR UPDATE`;
}
