/** Reads the audit trail from PostgreSQL, seal by seal, in constant memory. */

import type { Executor } from "../../postgres/client.ts";
import type { Entry } from "../../trail/entry.ts";
import type { Seal } from "../../trail/seal.ts";
import type { CheckpointItem, FaultItem, TrailItem } from "../../trail/trail.ts";
import { parseRow } from "../checkpoint/stored.ts";
import { type CheckpointRow, listCheckpoints } from "../sql/checkpoints.ts";
import { findStrays, type Stray } from "../sql/find-strays.ts";
import { listSeals, type SealRange } from "../sql/seals.ts";
import { streamTrail, type TrailRow } from "../sql/stream-trail.ts";
import { headsOf, type TrailPlace, type TrailPlan } from "./plan.ts";

/** Items that belong together, and where to continue after them. */
export interface Step {
  items: TrailItem[];
  /** Number of entries among them. */
  entries: number;
  place: TrailPlace;
}

/** The next item to read: a checkpoint, or some seals of a lane before it. */
type Task = { checkpoint: CheckpointRow } | { range: SealRange };

/** Checkpoints and seals that are in memory at a time. */
const CHECKPOINTS_AT_A_TIME = 100;
const SEALS_AT_A_TIME = 1_000;
/** Entries that are read at a time, according to their seals. */
const ENTRIES_AT_A_TIME = 5_000;
/** Maximum leaves of a seal that are returned; workers make seals with at most a thousand. */
const MOST_LEAVES = 10_000;

export async function* readTrail(sql: Executor, plan: TrailPlan): AsyncGenerator<Step> {
  const { header, anchor } = plan;
  if (!plan.resumed) {
    const items = [header, ...(anchor ? [toCheckpointItem(anchor)] : [])];
    yield { items, entries: 0, place: plan.place };
  }
  const reached = { checkpoint: plan.place.checkpoint, seals: new Map(plan.place.seals) };
  let batch: Task[] = [];
  let seals = 0;
  for await (const task of tasksOf(sql, plan)) {
    batch.push(task);
    if ("range" in task) seals += task.range.last - task.range.first + 1;
    if (seals < SEALS_AT_A_TIME && batch.length < CHECKPOINTS_AT_A_TIME) continue;
    yield* readBatch(sql, plan, batch, reached);
    [batch, seals] = [[], 0];
  }
  yield* readBatch(sql, plan, batch, reached);
  const strays = await findStrays(sql);
  yield { items: strays.map((stray) => toFault(stray, plan)), entries: 0, place: reached };
}

/** Everything to read, in order. */
async function* tasksOf(sql: Executor, plan: TrailPlan): AsyncGenerator<Task> {
  const { header, place } = plan;
  const reached = new Map(place.seals);
  const upTo = function* (heads?: ReadonlyMap<number, number>): Generator<Task> {
    for (const { lane, seals } of header.lanes) {
      const last = Math.min(heads ? (heads.get(lane) ?? 0) : seals, seals, plan.last.get(lane) ?? 0);
      for (let first = (reached.get(lane) ?? 0) + 1; first <= last; first += SEALS_AT_A_TIME)
        yield { range: { lane, first, last: Math.min(last, first + SEALS_AT_A_TIME - 1) } };
      reached.set(lane, Math.max(last, reached.get(lane) ?? 0));
    }
  };
  for (let after = place.checkpoint; ; ) {
    const rows = await listCheckpoints(sql, after, header.checkpoints, CHECKPOINTS_AT_A_TIME);
    for (const checkpoint of rows) {
      yield* upTo(headsOf(checkpoint));
      yield { checkpoint };
    }
    const last = rows.at(-1);
    if (!last || rows.length < CHECKPOINTS_AT_A_TIME) break;
    after = last.checkpoint;
  }
  yield* upTo();
}

interface Reached {
  checkpoint: number;
  seals: Map<number, number>;
}
type Unit = { seal: Seal } | { checkpoint: CheckpointRow };

async function* readBatch(
  sql: Executor,
  plan: TrailPlan,
  tasks: readonly Task[],
  reached: Reached,
): AsyncGenerator<Step> {
  const ranges = tasks.flatMap((task) => ("range" in task ? [task.range] : []));
  const seals = ranges.length === 0 ? [] : await listSeals(sql, joined(ranges));
  const byLane = Map.groupBy(seals, ({ lane }) => lane);
  const units = tasks.flatMap((task): Unit[] => {
    if ("checkpoint" in task) return [task];
    const { lane, first, last } = task.range;
    const own = byLane.get(lane) ?? [];
    return own.filter(({ seal }) => seal >= first && seal <= last).map((seal) => ({ seal }));
  });
  for (const chunk of chunksOf(units, plan)) {
    const leaves = await readLeaves(sql, plan, chunk);
    for (const unit of chunk) {
      if ("checkpoint" in unit) reached.checkpoint = unit.checkpoint.checkpoint;
      else reached.seals.set(unit.seal.lane, unit.seal.seal);
      const items =
        "checkpoint" in unit ? [toCheckpointItem(unit.checkpoint)] : sealItems(unit.seal, leaves, plan);
      const entries = items.filter(({ type }) => type === "entry").length;
      yield { items, entries, place: { checkpoint: reached.checkpoint, seals: new Map(reached.seals) } };
    }
  }
}

/** Joins adjacent ranges of a lane. @returns ranges in order of lane */
function joined(ranges: readonly SealRange[]): SealRange[] {
  const all: SealRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.lane - b.lane || a.first - b.first)) {
    const last = all.at(-1);
    if (last?.lane === range.lane && last.last + 1 === range.first) last.last = range.last;
    else all.push({ ...range });
  }
  return all;
}

/** Groups seals and checkpoints so that each group has about `ENTRIES_AT_A_TIME` entries. */
function* chunksOf(units: readonly Unit[], { wants }: TrailPlan): Generator<Unit[]> {
  let chunk: Unit[] = [];
  let entries = 0;
  for (const unit of units) {
    chunk.push(unit);
    if ("seal" in unit && wants(unit.seal.day)) entries += unit.seal.entries;
    if (entries < ENTRIES_AT_A_TIME) continue;
    yield chunk;
    [chunk, entries] = [[], 0];
  }
  if (chunk.length > 0) yield chunk;
}

/** By `nameOf(seal)`. */
type Leaves = Map<string, TrailRow[]>;
const nameOf = ({ lane, seal }: { lane: number; seal: number }): string => `${lane} ${seal}`;

async function readLeaves(sql: Executor, plan: TrailPlan, chunk: readonly Unit[]): Promise<Leaves> {
  const wanted = chunk.flatMap((unit) =>
    "seal" in unit && plan.wants(unit.seal.day)
      ? [{ lane: unit.seal.lane, first: unit.seal.seal, last: unit.seal.seal }]
      : [],
  );
  const leaves: Leaves = new Map();
  if (wanted.length === 0) return leaves;
  for await (const rows of streamTrail(sql, joined(wanted), plan.filter))
    for (const row of rows) {
      const own = leaves.get(nameOf(row));
      if (own === undefined) leaves.set(nameOf(row), [row]);
      else if (own.length < MOST_LEAVES) own.push(row);
    }
  return leaves;
}

function sealItems(seal: Seal, leaves: Leaves, { header }: TrailPlan): TrailItem[] {
  const items: TrailItem[] = [{ type: "seal", ...seal }];
  const faults: FaultItem[] = [];
  for (const row of leaves.get(nameOf(seal)) ?? []) {
    const place = { lane: row.lane, seal: row.seal, leaf: row.leaf };
    const { hash } = row;
    if (hash !== null && row.shown) items.push({ type: "entry", ...place, hash, ...contentOf(row) });
    else if (hash !== null) items.push({ type: "leaf", ...place, hash });
    // Expiry drops the partitions of a day one after another, so personal data of an expired day is not a fault.
    else if (header.expired_before === null || seal.day >= header.expired_before)
      faults.push({ type: "fault", kind: "entry", ...place, reason: NO_ENTRY });
  }
  return [...items, ...faults];
}

const NO_ENTRY = "there is personal data that belongs to no entry";

/** Extracts from a row the entry and its personal data, as they were hashed. */
export function contentOf(row: Omit<TrailRow, "hash" | "shown">): {
  entry: Entry;
  personal: { salt: string; address: string | null; user_agent: string | null } | null;
} {
  const { salt, address, user_agent } = row;
  const entry: Entry = {
    v: 1,
    at: row.at,
    request_id: row.request_id,
    client_id: row.client_id,
    key_prefix: row.key_prefix,
    method: row.method,
    route: row.route,
    path: row.path,
    status: row.status,
    duration_ms: row.duration_ms,
    bytes_in: row.bytes_in,
    bytes_out: row.bytes_out,
    change: row.change,
    personal: row.personal,
  };
  return { entry, personal: salt === null ? null : { salt, address, user_agent } };
}

function toCheckpointItem(row: CheckpointRow): CheckpointItem | FaultItem {
  const checkpoint = parseRow(row);
  if (checkpoint) return { type: "checkpoint", ...checkpoint };
  const reason = "the checkpoint's row was changed";
  return { type: "fault", kind: "checkpoint", checkpoint: row.checkpoint, reason };
}

const STRAYS: Readonly<Record<Stray["found"], string>> = {
  lane: "the lane's head in audit_lanes is not its last seal",
  checkpoint: "there is a checkpoint with a number below 1",
  seal: "the seal is beyond the end of its lane, or its lane does not exist",
  entry: "the entry is not in any seal",
  personal: NO_ENTRY,
};

function toFault({ found, lane, seal, leaf, request_id }: Stray, { filter }: TrailPlan): FaultItem {
  const reason = STRAYS[found];
  if (found === "checkpoint") return { type: "fault", kind: "checkpoint", checkpoint: seal, reason };
  const kind = found === "lane" || found === "seal" ? "seal" : "entry";
  const place = { ...(lane !== null && { lane }), seal, ...(leaf !== null && { leaf }) };
  // A caller limited to one client must not see request ids of others.
  const shown = request_id !== null && (filter?.clientId ?? null) === null && { request_id };
  return { type: "fault", kind, ...place, ...shown, reason };
}
