/**
 * The work of an erasure, in steps that each commit how far it has come.
 *
 * Payloads are in three places: in messages, in quarantine, in `events`. Messages can't be searched, so an erasure waits
 * until those that came before it are stored or set aside. Then quarantine is gone through, and after that no redrive can
 * bring an unerased payload into the queue any more; those it brought there before are waited for too. The events come
 * last, since nothing leads out of them.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Deps } from "./deps.ts";
import { ERASED } from "./event.ts";
import { readFreshness } from "./freshness.ts";
import { parseExact } from "./json.ts";
import { parseLine, toLine } from "./message.ts";
import type { Transaction } from "./sql/client.ts";
import { completeErasure } from "./sql/complete-erasure.ts";
import { eraseEvents, findStretchEnd } from "./sql/erase-events.ts";
import { eraseQuarantined } from "./sql/erase-quarantined.ts";
import { listOpenErasures } from "./sql/list-open-erasures.ts";
import { lockErasure, type OpenErasure } from "./sql/lock-erasure.ts";
import { lockQuarantined } from "./sql/lock-quarantined.ts";
import { noteEventsErased } from "./sql/note-events-erased.ts";
import { noteQuarantineErased } from "./sql/note-quarantine-erased.ts";
import { type Steps, step } from "./steps.ts";
import { isOfSubject, pathOf, type Subject, toScalar } from "./subject.ts";

/** Events that one transaction looks through, each of which may be 1 MiB. */
const STEP_EVENTS = 1_000;
const STEP_QUARANTINED = 50;

/** How a step ended: there is more to do, all is done, messages have to be waited for, or somebody else works on it. */
export type Advance = "more" | "completed" | "waiting" | "taken";

/** How long to wait for messages, and how often to look. */
const WAIT_MS = 2_000;
const LOOK_MS = 50;

/** Takes every erasure that is not complete as far as it goes. @param completed called for each that comes to its end */
export async function advanceErasures(
  steps: Steps,
  deps: Pick<Deps, "sql" | "queue">,
  completed: () => void,
): Promise<void> {
  await advanceAll(steps, deps, await listOpenErasures(steps.sql), completed);
}

/**
 * Takes erasures as far as they go. Messages are waited for as long as that brings one further every two seconds: those
 * under way are settled in less, and what takes longer is left for the next run.
 */
export async function advanceAll(
  steps: Steps,
  deps: Pick<Deps, "sql" | "queue">,
  ids: readonly string[],
  completed: () => void,
): Promise<void> {
  let waiting = ids;
  let movedAt = Date.now();
  while (waiting.length > 0) {
    const still: string[] = [];
    for (const id of waiting) {
      const advance = await advanceFully(steps, deps, id, () => {
        movedAt = Date.now();
      });
      if (advance === "completed") completed();
      if (advance === "waiting") still.push(id);
    }
    waiting = still;
    if (waiting.length === 0 || Date.now() - movedAt >= WAIT_MS) return;
    await sleep(LOOK_MS);
  }
}

async function advanceFully(
  steps: Steps,
  deps: Pick<Deps, "sql" | "queue">,
  id: string,
  moved: () => void,
): Promise<Advance> {
  for (;;) {
    const advance = await advanceErasure(steps, deps, id);
    if (advance !== "more") return advance;
    moved();
  }
}

/** One step of an erasure. @throws as `step` does */
export async function advanceErasure(
  steps: Steps,
  deps: Pick<Deps, "sql" | "queue">,
  erasureId: string,
): Promise<Advance> {
  // Before the step: what is stored by now is certainly seen in it.
  const { as_of: asOf } = await readFreshness(deps);
  const settledMs = asOf === null ? Number.NEGATIVE_INFINITY : Date.parse(asOf);
  return step(steps, "erase payloads", async (tx) => {
    const erasure = await lockErasure(tx, erasureId);
    if (erasure === undefined) return "taken";
    const subject = subjectOf(erasure);
    if (erasure.quarantine_ended_ms === null) {
      const begun = erasure.quarantine_began_ms !== null;
      if (!begun && settledMs < erasure.requested_ms) return "waiting";
      return eraseFromQuarantine(tx, erasure, subject);
    }
    if (erasure.events_to === null && settledMs < erasure.quarantine_ended_ms) return "waiting";
    if (erasure.events_to !== "infinity") await eraseFromEvents(tx, erasure, erasure.events_to, subject);
    else return (await completeErasure(tx, erasureId)) ? "completed" : "waiting";
    return "more";
  });
}

function subjectOf({ property, value: text }: OpenErasure): Subject {
  const path = pathOf(property);
  const value = toScalar(parseExact(text));
  // Both were checked when they came.
  if (path === undefined || value === undefined) throw new Error("An erasure does not say what to erase.");
  return { path, value };
}

async function eraseFromQuarantine(
  tx: Transaction,
  { erasure_id: id, client_id: clientId, quarantine_after: after }: OpenErasure,
  subject: Subject,
): Promise<Advance> {
  const rows = await lockQuarantined(tx, clientId, after, STEP_QUARANTINED);
  const erased = rows.flatMap(({ event_key: eventKey, event }) => {
    const line = withoutPayload(event, subject);
    return line === undefined ? [] : [{ eventKey, line }];
  });
  if (erased.length > 0) await eraseQuarantined(tx, clientId, erased);
  const last = rows.length === STEP_QUARANTINED ? rows.at(-1)?.event_key : undefined;
  await noteQuarantineErased(tx, id, { after: last ?? null, erased: erased.length });
  return "more";
}

/** @returns the event's line with its payload erased; undefined where it is not the subject's */
function withoutPayload(event: Buffer, subject: Subject): string | undefined {
  const line = event.toString();
  try {
    const parsed = parseLine(line);
    return isOfSubject(parsed.payload, subject) ? toLine({ ...parsed, payload: ERASED }) : undefined;
  } catch {
    return isOfSubject(line, subject) ? "erased" : undefined;
  }
}

async function eraseFromEvents(
  tx: Transaction,
  { erasure_id: id, client_id: clientId }: OpenErasure,
  after: string | null,
  subject: Subject,
): Promise<void> {
  const to = await findStretchEnd(tx, { clientId, after }, STEP_EVENTS);
  const erased = await eraseEvents(tx, { clientId, after, to }, { ...subject, payload: ERASED });
  await noteEventsErased(tx, id, { to, erased });
}
