/** Forgets who called: address and user agent of calls, which the audit trail holds apart, so that it stays whole. */

import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import type { Instant } from "../base/time.ts";
import { DAY_MS } from "../base/time.ts";
import type { Database } from "../postgres/client.ts";
import { isLocked, newSteps, type Steps, step, TimeUpError } from "../postgres/lock-retry.ts";
import type { Queue } from "../queue/port.ts";
import { readFreshness } from "../storage/freshness.ts";
import { partitionEnd } from "../storage/partitions.ts";
import { readClock } from "../storage/sql/horizon.ts";
import { listPartitions } from "../storage/sql/partitions.ts";
import type { Change } from "../trail/entry.ts";
import type { auditErasedSchema, auditErasureSchema } from "./erase-contract.ts";
import { erasePersonal, isGone, type PersonalFilter, type PersonalPartition } from "./sql/erase-personal.ts";

type Criteria = z.output<typeof auditErasureSchema>;
type Erased = z.output<typeof auditErasedSchema>;

/** Most rows that one transaction deletes. */
const STEP_ROWS = 10_000;
/** How long a call works; a function has 29 s. */
const WORK_MS = 15_000;
/** How long it waits for calls that are in the queue, and how often it looks. */
const WAIT_MS = 2_000;
const LOOK_MS = 50;

/**
 * Erases what is personal of the calls that meet all criteria, as far as the time goes: a day at a time, the oldest first.
 * @param workMs for how long, in milliseconds
 */
export async function eraseAudit(
  { sql, queue }: { sql: Database; queue: Queue },
  criteria: Criteria,
  workMs: number = WORK_MS,
): Promise<Erased> {
  const filter: PersonalFilter = {
    address: criteria.address,
    userAgent: criteria.user_agent,
    clientId: criteria.client,
    requestId: criteria.request_id,
    start: criteria.start,
    end: criteria.end,
  };
  const steps = newSteps(sql, { endsAt: Date.now() + workMs, pace: { attempts: 2, pauseMs: 100 } });
  // Before the work: what is written by now is certainly seen in it.
  const settled = await isSettled({ sql, queue }, criteria.end);
  const done = { erased: 0 };
  const stoppedAt = await eraseDays(steps, filter, (rows) => {
    done.erased += rows;
  });
  return { ...done, complete: settled && stoppedAt === undefined, next_start: stoppedAt ?? null };
}

/** Have the calls that were received before now, or before `end`, left the queue? Waits a little for them. */
async function isSettled(deps: { sql: Database; queue: Queue }, end: Instant | undefined): Promise<boolean> {
  const { nowMs } = await readClock(deps.sql);
  const wantedMs = Math.min(nowMs, end?.ms ?? nowMs);
  for (const until = Date.now() + WAIT_MS; ; await sleep(LOOK_MS)) {
    const { as_of: asOf } = await readFreshness(deps);
    if (asOf !== null && Date.parse(asOf) >= wantedMs) return true;
    if (Date.now() >= until) return false;
  }
}

/** @returns when the day begins at which the time was up, RFC 3339; undefined where all was done */
async function eraseDays(
  steps: Steps,
  filter: PersonalFilter,
  erased: (rows: number) => void,
): Promise<string | undefined> {
  const seen = new Set<string>();
  for (;;) {
    // Asked for again and again: rows of a day that gets its partition just now move there out of DEFAULT.
    const next = (await partitionsOf(steps, filter)).find(({ name }) => !seen.has(name));
    if (next === undefined) return undefined;
    try {
      for (let rows = STEP_ROWS; rows === STEP_ROWS; erased(rows))
        rows = await step(steps, "erase who called", (tx) => erasePersonal(tx, next, filter, STEP_ROWS));
    } catch (error) {
      if (error instanceof TimeUpError || isLocked(error))
        return next.day?.[0] ?? filter.start?.text ?? BEGINNING;
      if (!isGone(error)) throw error;
    }
    seen.add(next.name);
  }
}

const BEGINNING = "0001-01-01T00:00:00.000Z";

/** DEFAULT, whose rows may be of any day, and the days that the filter touches, oldest first. */
async function partitionsOf(steps: Steps, { start, end }: PersonalFilter): Promise<PersonalPartition[]> {
  const names = [...(await listPartitions(steps.sql))].filter((name) => name.startsWith("audit_personal_"));
  const days = names.sort().flatMap((name): PersonalPartition[] => {
    const to = partitionEnd("audit_personal", name);
    if (to === undefined) return [];
    const from = to - DAY_MS;
    if ((start && to <= start.ms) || (end && from > end.ms)) return [];
    return [{ name, day: [new Date(from).toISOString(), new Date(to).toISOString()] }];
  });
  return [{ name: "audit_personal_default", day: undefined }, ...days];
}

/** What the audit log says of an erasure: not what was erased, or it would stand there again. */
export function changeOf(
  { address, user_agent, start, end, ...rest }: Criteria,
  { erased, complete }: Pick<Erased, "erased" | "complete">,
): Change {
  const given = {
    ...(address !== undefined && { address: "given" }),
    ...(user_agent !== undefined && { user_agent: "given" }),
    ...(rest.client !== undefined && { client: rest.client }),
    ...(rest.request_id !== undefined && { request_id: rest.request_id }),
    ...(start && { start: start.text }),
    ...(end && { end: end.text }),
  };
  return { before: null, after: { criteria: given, erased, complete } };
}
