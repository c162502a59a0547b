/** The part of the audit trail to read. It is fixed when reading begins, however many calls that takes. */

import { FIRST_MS, type Instant, microseconds } from "../../base/time.ts";
import { decodeCursor, encodeCursor, isTimePart, type PartCheck } from "../../http/cursor.ts";
import type { Executor } from "../../postgres/client.ts";
import type { LaneHead } from "../../trail/checkpoint.ts";
import { NO_SEAL } from "../../trail/seal.ts";
import type { TrailHeader } from "../../trail/trail.ts";
import { parseRow } from "../checkpoint/stored.ts";
import { type CheckpointRow, findCheckpoint, listCheckpoints } from "../sql/checkpoints.ts";
import type { AuditFilter } from "../sql/filter.ts";
import { findDayBounds } from "../sql/find-day-bounds.ts";
import { readTrailEnds, type TrailEnds } from "../sql/read-trail-ends.ts";
import { listSeals } from "../sql/seals.ts";

/** The position up to which a trail has been read. */
export interface TrailPlace {
  /** Number of the last checkpoint; 0 without one. */
  checkpoint: number;
  /** Number of the last seal, by lane. */
  seals: ReadonlyMap<number, number>;
}

export interface TrailPlan {
  header: TrailHeader;
  /** The checkpoint that the trail begins with, unless it begins with the first seals. */
  anchor: CheckpointRow | undefined;
  /** Only these entries; undefined for all. */
  filter: AuditFilter | undefined;
  /** True if entries in seals of this day are requested. */
  wants: (day: string) => boolean;
  /** Number of the last seal that actually exists, by lane. */
  last: ReadonlyMap<number, number>;
  /** Where to continue. */
  place: TrailPlace;
  resumed: boolean;
}

export interface TrailQuery {
  filter?: AuditFilter | undefined;
  start?: Instant | undefined;
  end?: Instant | undefined;
  /** Description of the filter, for the header. */
  described: Record<string, string>;
  /** From the previous part. */
  cursor?: string | undefined;
}

/** @throws {Problem} `invalid-parameter` for an invalid cursor */
export async function planTrail(sql: Executor, query: TrailQuery): Promise<TrailPlan> {
  const { filter, described, cursor } = query;
  const [from, to] = [query.start && firstDay(query.start), query.end && lastDay(query.end)];
  const given = cursor === undefined ? undefined : readCursor(cursor);
  const ends = await readTrailEnds(sql);
  const newest = parseRow(await findCheckpoint(sql, ends.checkpoints));
  const part = given ? await resumePart(sql, given) : await choosePart(sql, ends, from, to);
  const seals = new Map(part.lanes.map(({ lane }) => [lane, part.place.seals.get(lane) ?? 0]));
  return {
    header: {
      type: "trail",
      v: 1,
      made_at: given?.madeAt ?? ends.now,
      filter: described,
      lanes: part.lanes.map((one) => ({
        lane: one.lane,
        from: (seals.get(one.lane) ?? 0) + 1,
        seals: one.seals,
        entries: one.entries,
        head: one.head,
      })),
      checkpoints: part.checkpoints,
      expired_before: ends.expired_before,
      newest_checkpoint: newest ?? null,
    },
    anchor: part.anchor,
    filter,
    wants: (day) => (from === undefined || day >= from) && (to === undefined || day <= to),
    last: new Map(ends.lanes.map(({ lane, last }) => [lane, last])),
    place: { ...part.place, seals },
    resumed: given !== undefined,
  };
}

const firstDay = (start: Instant): string => start.text.slice(0, 10);
/** The day of the last instant before the exclusive end, at least the first day: there are no entries before it. */
const lastDay = (end: Instant): string =>
  new Date(microseconds(end) > 0 ? end.ms : Math.max(FIRST_MS, end.ms - 1)).toISOString().slice(0, 10);

interface Part {
  lanes: LaneHead[];
  checkpoints: number;
  anchor: CheckpointRow | undefined;
  place: TrailPlace;
}

/** Chooses the part from the last checkpoint before these days' first seal to the first checkpoint after their last seal. */
async function choosePart(
  sql: Executor,
  ends: TrailEnds,
  from: string | undefined,
  to: string | undefined,
): Promise<Part> {
  const trailEnd = { lanes: ends.lanes, checkpoints: ends.checkpoints };
  const beginning: TrailPlace = { checkpoint: 0, seals: new Map() };
  if (from === undefined && to === undefined) return { ...trailEnd, anchor: undefined, place: beginning };
  const bounds = await findDayBounds(sql, from ?? null, to ?? null);
  const anchor =
    from === undefined
      ? undefined
      : await lastCheckpoint(sql, ends.checkpoints, (seals) =>
          bounds.every(({ lane, first }) => (seals.get(lane) ?? 0) < first),
        );
  const place = anchor ? { checkpoint: anchor.checkpoint, seals: headsOf(anchor) } : beginning;
  if (to === undefined) return { ...trailEnd, anchor, place };
  const tooEarly = await lastCheckpoint(sql, ends.checkpoints, (seals) =>
    bounds.some(({ lane, last }) => (seals.get(lane) ?? 0) < last),
  );
  const after = Math.max(tooEarly?.checkpoint ?? 0, place.checkpoint - 1);
  const [row] = await listCheckpoints(sql, after, ends.checkpoints, 1);
  const last = parseRow(row);
  if (!last) return { ...trailEnd, anchor, place };
  const lanes = ends.lanes.map(
    ({ lane }) =>
      last.lanes.find((one) => one.lane === lane) ?? { lane, seals: 0, entries: 0, head: NO_SEAL },
  );
  return { lanes, checkpoints: last.checkpoint, anchor, place };
}

/** Finds the last checkpoint for which `holds` is true by binary search: once false, it must be false for all later ones. */
export async function lastCheckpoint(
  sql: Executor,
  newest: number,
  holds: (seals: ReadonlyMap<number, number>) => boolean,
): Promise<CheckpointRow | undefined> {
  let found: CheckpointRow | undefined;
  let [low, high] = [0, newest];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const row = await findCheckpoint(sql, middle);
    if (row === undefined || row.checkpoint <= low) low = middle;
    else if (parseRow(row) && holds(headsOf(row))) [found, low] = [row, middle];
    else high = row.checkpoint - 1;
  }
  return found;
}

/** Number of the last seal, by lane. */
export const headsOf = (row: CheckpointRow): Map<number, number> =>
  new Map(parseRow(row)?.lanes.map(({ lane, seals }) => [lane, seals]));

const LANES = /^(?:\d{1,5}:\d{1,15}(?:,(?!$)|$))*$/;
export const isLanes: PartCheck = (part) => LANES.test(part);
const isNumber: PartCheck = (part) => /^\d{1,15}$/.test(part);
/** Time at which reading began; end of the trail: checkpoint and lanes; position so far: checkpoint and lanes. */
const CURSOR = [isTimePart, isNumber, isLanes, isNumber, isLanes] as const;

/** Numbers of seals by lane, in a cursor. */
export const lanesText = (seals: Iterable<readonly [number, number]>): string =>
  Array.from(seals, ([lane, seal]) => `${lane}:${seal}`).join(",");
export const lanesOf = (text: string): Map<number, number> =>
  new Map(
    text
      .split(",")
      .filter(Boolean)
      .map((one): [number, number] => {
        const [lane, seal] = one.split(":");
        return [Number(lane), Number(seal)];
      }),
  );

/** @param place where to continue */
export const trailCursor = ({ header }: TrailPlan, { checkpoint, seals }: TrailPlace): string =>
  encodeCursor([
    header.made_at,
    String(header.checkpoints),
    lanesText(header.lanes.map((one) => [one.lane, one.seals])),
    String(checkpoint),
    lanesText(seals),
  ]);

interface Given {
  madeAt: string;
  checkpoints: number;
  ends: Map<number, number>;
  place: TrailPlace;
}

function readCursor(cursor: string): Given {
  const [madeAt, checkpoints, ends, checkpoint, seals] = decodeCursor(cursor, CURSOR);
  return {
    madeAt,
    checkpoints: Number(checkpoints),
    ends: lanesOf(ends),
    place: { checkpoint: Number(checkpoint), seals: lanesOf(seals) },
  };
}

async function resumePart(sql: Executor, { checkpoints, ends, place }: Given): Promise<Part> {
  return { lanes: await readHeads(sql, ends), checkpoints, anchor: undefined, place };
}

/** Lanes as they were with the given number of seals. A lane whose seal is missing gets a head that matches nothing. */
export async function readHeads(sql: Executor, seals: ReadonlyMap<number, number>): Promise<LaneHead[]> {
  const started = [...seals].filter(([, seal]) => seal > 0);
  const rows = await listSeals(
    sql,
    started.map(([lane, seal]) => ({ lane, first: seal, last: seal })),
  );
  const byLane = new Map(rows.map((row) => [row.lane, row]));
  return [...seals].map(([lane, seal]) => {
    if (seal === 0) return { lane, seals: 0, entries: 0, head: NO_SEAL };
    const row = byLane.get(lane);
    return { lane, seals: seal, entries: row?.total ?? 0, head: row?.hash ?? "-" };
  });
}
