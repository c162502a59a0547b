/**
 * Answers queries part by part. The calls that ask for a query do its work: nothing runs when nobody waits for it. Each part is stored
 * before the next begins, so any call may continue where another one ended.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Database } from "../postgres/client.ts";
import { QUERY_CANCELED, sqlState } from "../postgres/errors.ts";
import { limitWaits } from "../postgres/lock-retry.ts";
import { transaction } from "../postgres/transaction.ts";
import { funnel } from "./kinds/funnel.ts";
import type { Kind } from "./kinds/kind.ts";
import { top } from "./kinds/top.ts";
import { uniques } from "./kinds/uniques.ts";
import { type Plan, partsOf, type Question, scopeOf } from "./question.ts";
import { type ClaimedQuery, claimQuery, type Progress, releaseQuery, saveProgress } from "./sql/claims.ts";
import { findQuery, type QueryRow } from "./sql/queries.ts";
import { deleteKeys } from "./sql/query-keys.ts";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Longest time of a part, in milliseconds. */
const PART_MS = 15_000;
/** Time after which no part of a call goes on, in milliseconds: API Gateway waits 30 s, and a function has 29 s. */
const CALL_MS = 27_000;
/** Shortest part of time, in milliseconds; one that takes too long can't be divided further. */
const LEAST_PART_MS = 1_000;
/** How often a call that waits for another one looks, in milliseconds. */
const LOOK_MS = 200;

/** A question of any kind is only given to its own kind. */
const KINDS = { top, uniques, funnel } as unknown as Record<Question["kind"], Kind<Question, unknown>>;

/**
 * Works on a query until it has ended or the time is up; a part that has begun is finished, unless that takes longer than a call may. If
 * another call works on the query, waits for that.
 * @param askedBy as for `findQuery`
 * @param endsAt milliseconds since the Unix epoch
 * @param partMs longest time of a part, in milliseconds
 * @param callMs longest time of this call, in milliseconds
 * @returns the query as it is then; undefined if it does not exist
 */
export async function advanceQuery(
  sql: Database,
  queryId: string,
  askedBy: string | null,
  endsAt: number,
  partMs = PART_MS,
  callMs = CALL_MS,
): Promise<QueryRow | undefined> {
  const latest = Date.now() + callMs;
  for (;;) {
    const row = await findQuery(sql, queryId, askedBy);
    if (row?.status !== "running" || Date.now() >= endsAt) return row;
    const claim = randomUUID();
    const claimed = await claimQuery(sql, queryId, claim);
    if (claimed === undefined) await sleep(Math.min(LOOK_MS, Math.max(1, endsAt - Date.now())));
    else
      await work({ sql, queryId, claim, endsAt, partMs, latest }, claimed).finally(() =>
        // If this fails, the claim ends by itself.
        releaseQuery(sql, queryId, claim).catch(() => {}),
      );
  }
}

interface Work {
  sql: Database;
  queryId: string;
  claim: string;
  endsAt: number;
  partMs: number;
  /** When the call has to end, in milliseconds since the Unix epoch. */
  latest: number;
}

async function work(call: Work, claimed: ClaimedQuery): Promise<void> {
  const { sql, queryId, claim, endsAt, partMs, latest } = call;
  let plan = JSON.parse(claimed.question) as Plan;
  const { question } = plan;
  const kind = KINDS[question.kind];
  let state = claimed.state === null ? kind.empty(question) : await unpack(claimed.state);
  let part = claimed.parts_done;
  // At least one part, so that also short calls get on.
  do {
    const limitMs = Math.min(partMs, latest - Date.now());
    if (limitMs <= 0) return;
    const added = await addPart(call, kind, plan, { part, state, limitMs });
    if (added === "lost") return;
    if (added !== "too-long") {
      if (added.hasEnded) return forgetKeys(sql, queryId, latest);
      ({ state } = added);
      part++;
      continue;
    }
    // The first part of the next call has all of its time.
    if (limitMs < partMs) return;
    const finer = halve(plan, part);
    const progress =
      finer === undefined
        ? { ...progressOf(plan, part, null), error: TOO_DENSE }
        : progressOf(finer, part, await pack(state));
    if (!(await saveProgress(sql, queryId, claim, progress))) return;
    if (finer === undefined) return forgetKeys(sql, queryId, latest);
    plan = finer;
  } while (Date.now() < endsAt);
}

const progressOf = (plan: Plan, partsDone: number, state: Buffer | null): Progress => ({
  question: JSON.stringify(plan),
  parts: partsOf(plan),
  partsDone,
  state,
});

/** Another call has the query, or it was deleted. */
class ClaimLostError extends Error {
  override name = "ClaimLostError";
}

/**
 * Reads a part and stores what it has found, its keys and the progress in one transaction: a part that is carried out again, after
 * a crash or by a second call, was not added before.
 * @returns "too-long" if it takes longer than `limitMs`; "lost" if the query is no longer this call's
 */
async function addPart(
  { sql, queryId, claim }: Work,
  kind: Kind<Question, unknown>,
  plan: Plan,
  { part, state, limitMs }: { part: number; state: unknown; limitMs: number },
): Promise<{ state: unknown; hasEnded: boolean } | "too-long" | "lost"> {
  try {
    return await transaction(sql, async (tx) => {
      // Waiting for a lock counts like work; 0 is no limit of its own.
      await limitWaits(tx, 0, limitMs);
      const added = await kind.add(tx, plan, { queryId, part }, state);
      const isLast = part + 1 === partsOf(plan);
      const error = isLast ? undefined : kind.fault?.(added);
      const hasEnded = isLast || error !== undefined;
      const saved = await saveProgress(tx, queryId, claim, {
        ...progressOf(plan, part + 1, hasEnded ? null : await pack(added)),
        ...(isLast && { result: kind.result(plan.question, added) }),
        ...(error !== undefined && { error }),
      });
      if (!saved) throw new ClaimLostError("The query is no longer this call's.");
      return { state: added, hasEnded };
    });
  } catch (error) {
    if (error instanceof ClaimLostError) return "lost";
    if (sqlState(error) === QUERY_CANCELED) return "too-long";
    throw error;
  }
}

/**
 * Deletes the keys of a query that has ended. If that takes too long, they go with the query, or with the next maintenance.
 * @param endsAt milliseconds since the Unix epoch
 */
export async function forgetKeys(sql: Database, queryId: string, endsAt: number): Promise<void> {
  const limitMs = endsAt - Date.now();
  if (limitMs <= 0) return;
  try {
    await transaction(sql, async (tx) => {
      await limitWaits(tx, 0, limitMs);
      await deleteKeys(tx, queryId);
    });
  } catch (error) {
    if (sqlState(error) !== QUERY_CANCELED) throw error;
  }
}

const pack = (state: unknown): Promise<Buffer> => compress(JSON.stringify(state), { level: 1 });
const unpack = async (state: Buffer): Promise<unknown> => JSON.parse((await decompress(state)).toString());

/** Divides a part that took too long. @returns undefined if it can't be divided */
export function halve(plan: Plan, part: number): Plan | undefined {
  const { start, end } = scopeOf(plan, part);
  const to = end?.ms ?? Date.now();
  if (start === undefined || to - start.ms < 2 * LEAST_PART_MS) return undefined;
  const middle = new Date(Math.floor((start.ms + to) / 2)).toISOString();
  return { ...plan, cuts: plan.cuts.toSpliced(part, 0, middle) };
}

const TOO_DENSE = `A part of ${LEAST_PART_MS / 1_000} s took longer than ${PART_MS / 1_000} s: use a shorter range or an event_type.`;
