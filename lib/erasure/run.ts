/**
 * Carries out an erasure in steps; each commits its progress.
 *
 * Payloads are in three places: in messages, in quarantine, in `events`. Messages can't be searched, so the worker erases
 * payloads as it stores them (lib/erasure/tombstones.ts). Once every worker sees the erasure, no unerased payload is added
 * to the other two, and they are searched: quarantine, then the events.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseExact } from "../base/json.ts";
import { lockMeters, rebuildRange } from "../meters/sql/fill-meter.ts";
import type { Transaction } from "../postgres/client.ts";
import { type Steps, step } from "../postgres/lock-retry.ts";
import { parseLine, toLine } from "../queue/message.ts";
import { eraseEvents, findStretchEnd } from "./sql/erase-events.ts";
import {
  completeErasure,
  listOpenErasures,
  lockErasure,
  noteEventsErased,
  noteQuarantineErased,
  type OpenErasure,
} from "./sql/erasures.ts";
import { listErasureReaders } from "./sql/list-erasure-readers.ts";
import { eraseQuarantined, lockQuarantined } from "./sql/quarantined.ts";
import { ERASED, ERASED_LINE, isOfSubject, pathOf, type Subject, toScalar } from "./subject.ts";

/** Events that one transaction searches; each may be 1 MiB. */
const STEP_EVENTS = 1_000;
const STEP_QUARANTINED = 50;

/** How a step ended: there is more to do, all is done, an expired partition still exists, or another run works on it. */
type Advance = "more" | "completed" | "waiting" | "taken";

/** How long to wait for workers that may not see an erasure, and how often to check. Most transactions take less. */
const WAIT_MS = 30_000;
const LOOK_MS = 50;

/** Advances every open erasure as far as possible. @param completed called for each that completes */
export async function advanceErasures(steps: Steps, completed: () => void): Promise<void> {
  await advanceAll(steps, await listOpenErasures(steps.sql), completed);
}

/**
 * Advances erasures as far as possible. The requests must be committed.
 * @throws as `step` does
 */
export async function advanceAll(
  steps: Steps,
  ids: readonly string[],
  completed: () => void = () => {},
): Promise<void> {
  if (ids.length === 0 || !(await workersKnow(steps))) return;
  for (const id of ids) {
    let advance: Advance;
    do advance = await advanceErasure(steps, id);
    while (advance === "more");
    if (advance === "completed") completed();
  }
}

/**
 * Waits for every transaction that may have read the erasures before these were committed.
 * @returns false if one outlasts the time
 */
async function workersKnow({ sql, endsAt }: Steps): Promise<boolean> {
  const until = Math.min(Date.now() + WAIT_MS, endsAt);
  let running = await listErasureReaders(sql);
  while (running.size > 0 && Date.now() < until) {
    await sleep(LOOK_MS);
    running = running.intersection(await listErasureReaders(sql));
  }
  return running.size === 0;
}

async function advanceErasure(steps: Steps, erasureId: string): Promise<Advance> {
  return step(steps, "erase payloads", async (tx) => {
    const erasure = await lockErasure(tx, erasureId);
    if (erasure === undefined) return "taken";
    const subject = subjectOf(erasure);
    if (!erasure.quarantine_done) await eraseFromQuarantine(tx, erasure, subject);
    else if (erasure.events_to !== "infinity") await eraseFromEvents(tx, erasure, subject);
    else return (await completeErasure(tx, erasureId)) ? "completed" : "waiting";
    return "more";
  });
}

function subjectOf({ property, value: text }: OpenErasure): Subject {
  const path = pathOf(property);
  const value = toScalar(parseExact(text));
  // Both were validated on arrival.
  if (path === undefined || value === undefined) throw new Error("The erasure has no property or value.");
  return { path, value };
}

async function eraseFromQuarantine(
  tx: Transaction,
  { erasure_id: id, client_id: clientId, requested_at: received, quarantine_after: after }: OpenErasure,
  subject: Subject,
): Promise<void> {
  const rows = await lockQuarantined(tx, { clientId, received, after }, STEP_QUARANTINED);
  const erased = rows.flatMap(({ event_key: eventKey, event }) => {
    const line = withoutPayload(event, subject);
    return line === undefined ? [] : [{ eventKey, line }];
  });
  if (erased.length > 0) await eraseQuarantined(tx, clientId, erased);
  const last = rows.length === STEP_QUARANTINED ? rows.at(-1)?.event_key : undefined;
  await noteQuarantineErased(tx, id, { after: last ?? null, erased: erased.length });
}

/** @returns the event's line with its payload erased; undefined if the payload is not the subject's */
function withoutPayload(event: Buffer, subject: Subject): string | undefined {
  const line = event.toString();
  try {
    const parsed = parseLine(line);
    return isOfSubject(parsed.payload, subject) ? toLine({ ...parsed, payload: ERASED }) : undefined;
  } catch {
    return isOfSubject(line, subject) ? ERASED_LINE : undefined;
  }
}

async function eraseFromEvents(
  tx: Transaction,
  { erasure_id: id, client_id: clientId, requested_at: received, events_to: after }: OpenErasure,
  subject: Subject,
): Promise<void> {
  const to = await findStretchEnd(tx, { clientId, after }, STEP_EVENTS);
  const erased = await eraseEvents(tx, { clientId, after, to, received }, { ...subject, payload: ERASED });
  // After the payloads are replaced: a worker may just have added one of them to a meter that did not exist before.
  for (const meter of erased.length > 0 ? await lockMeters(tx, clientId) : []) {
    // What a payload added can't be subtracted: it may have been the smallest number, and a dimension may be personal data.
    const own = erased.find(({ event_type: type }) => type === meter.event_type);
    if (own) await rebuildRange(tx, meter, own.first, own.last);
  }
  await noteEventsErased(tx, id, { to, erased: erased.reduce((sum, { count }) => sum + count, 0) });
}
