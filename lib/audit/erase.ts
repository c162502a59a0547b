/** Erases who called: address and user agent, which are stored apart from the entries, so the audit trail still verifies. */

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
import { erasePersonal, type PersonalFilter, type PersonalPartition } from "./sql/erase-personal.ts";

type Criteria = z.output<typeof auditErasureSchema>;
type Erased = z.output<typeof auditErasedSchema>;

/** Maximum rows that one transaction deletes. */
const STEP_ROWS = 10_000;
/** Time that a call works; a function has 29 s. */
const WORK_MS = 15_000;
/** Maximum wait for calls that are still queued, and the polling interval. */
const WAIT_MS = 2_000;
const LOOK_MS = 50;

/**
 * Erases the personal data of the calls that meet all criteria, day by day, oldest first, until the time is up.
 * @param workMs maximum duration in milliseconds
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
  // Checked before the work, which then sees everything written by now.
  const settled = await isSettled({ sql, queue }, criteria.end);
  const done = { erased: 0 };
  const stoppedAt = await eraseDays(steps, filter, (rows) => {
    done.erased += rows;
  });
  return { ...done, complete: settled && stoppedAt === undefined, next_start: stoppedAt ?? null };
}

/** True if the calls received before now, or before `end`, have left the queue. Waits up to `WAIT_MS` for them. */
async function isSettled(deps: { sql: Database; queue: Queue }, end: Instant | undefined): Promise<boolean> {
  const { nowMs } = await readClock(deps.sql);
  const wantedMs = Math.min(nowMs, end?.ms ?? nowMs);
  for (const until = Date.now() + WAIT_MS; ; await sleep(LOOK_MS)) {
    const { freshness } = await readFreshness(deps);
    if (freshness.as_of !== null && Date.parse(freshness.as_of) >= wantedMs) return true;
    if (Date.now() >= until) return false;
  }
}

/** @returns the start of the day at which the time ran out, RFC 3339; undefined if everything was done */
async function eraseDays(
  steps: Steps,
  filter: PersonalFilter,
  erased: (rows: number) => void,
): Promise<string | undefined> {
  const seen = new Set<string>();
  for (;;) {
    // Listed again for each partition: when a day gets its own partition, its rows move there from DEFAULT.
    const next = (await partitionsOf(steps, filter)).find(({ name }) => !seen.has(name));
    if (next === undefined) return undefined;
    try {
      for (let rows = STEP_ROWS; rows === STEP_ROWS; erased(rows))
        rows = await step(steps, "erase who called", (tx) => erasePersonal(tx, next, filter, STEP_ROWS));
    } catch (error) {
      if (error instanceof TimeUpError || isLocked(error))
        return next.day?.[0] ?? filter.start?.text ?? BEGINNING;
      throw error;
    }
    seen.add(next.name);
  }
}

const BEGINNING = "0001-01-01T00:00:00.000Z";

/** DEFAULT, whose rows may be of any day, and the partitions of the days that the filter overlaps, oldest first. */
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

/** The change that the audit log records for an erasure. It omits the erased values, or the log would hold them again. */
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
