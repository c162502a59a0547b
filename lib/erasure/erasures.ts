/** Requests to erase one subject's payloads: create and begin, get, list. */

import { randomBytes } from "node:crypto";
import type { z } from "zod";
import { unrecorded } from "../audit/record/change.ts";
import { isUuid, uuidv7 } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { shortenTime } from "../base/time.ts";
import type { Caller, Changed } from "../http/call.ts";
import { decodeCursor, encodeCursor, isTimePart } from "../http/cursor.ts";
import { Problem } from "../http/problem.ts";
import type { Database } from "../postgres/client.ts";
import { isLocked, newSteps, TimeUpError } from "../postgres/lock-retry.ts";
import type { Queue } from "../queue/port.ts";
import type { erasureSchema, listErasures as listContract, newErasureSchema } from "./contract.ts";
import { advanceAll } from "./run.ts";
import type { ErasureRow } from "./sql/erasures.ts";
import { findErasure, insertErasure, listErasures as selectErasures } from "./sql/erasures.ts";
import { canonicalText, pathOf, toScalar } from "./subject.ts";

type Erasure = z.output<typeof erasureSchema>;
type Page = z.output<(typeof listContract.responses)[200]>;

/** Time and id of the last erasure shown. */
const CURSOR = [isTimePart, isUuid] as const;
/** How long a call works on its erasure; maintenance does the rest. */
const WORK_MS = 5_000;

const SALT_BYTES = 16;

interface Asked {
  caller: Pick<Caller, "clientId" | "keyPrefix">;
  /** When the gateway received the request; events are received by the same clock. */
  receivedAt: number;
}

/**
 * Stores the request, and does as much of the work as a call has time for.
 * @throws {Problem} `invalid-body` for an invalid property, `not-found` for an unknown client
 */
export async function createErasure(
  deps: { sql: Database; queue: Queue; log: Log },
  { client, property, value }: z.output<typeof newErasureSchema>,
  { caller, receivedAt }: Asked,
  changed: Changed = unrecorded,
): Promise<Erasure> {
  const scalar = toScalar(value);
  if (pathOf(property) === undefined || scalar === undefined) throw notAPath();
  const erasureId = uuidv7(Date.now());
  const taken = await insertErasure(deps.sql, {
    erasureId,
    clientId: client,
    property,
    value: JSON.stringify(value),
    canonical: canonicalText(scalar),
    salt: randomBytes(SALT_BYTES),
    requestedAt: new Date(receivedAt).toISOString(),
    requestedBy: caller.clientId,
    keyPrefix: caller.keyPrefix,
  });
  if (!taken) throw new Problem("not-found", "The client does not exist.");
  // Without the value and its hash, since nothing can be removed from the audit log.
  changed({ before: null, after: { erasure_id: erasureId, client_id: client, property } });
  // The request is stored, even if its first steps fail.
  await begin(deps.sql, erasureId).catch((error: Error) => deps.log.warn("erasure-put-off", { error }));
  return getErasure(deps, erasureId);
}

const notAPath = (): Problem =>
  new Problem("invalid-body", "The body does not match the schema.", {
    errors: [{ pointer: "/property", detail: "property: must be a path such as payload.user.id" }],
  });

async function begin(sql: Database, erasureId: string): Promise<void> {
  const steps = newSteps(sql, { endsAt: Date.now() + WORK_MS, pace: { attempts: 2, pauseMs: 100 } });
  try {
    await advanceAll(steps, [erasureId]);
  } catch (error) {
    if (!(error instanceof TimeUpError) && !isLocked(error)) throw error;
  }
}

/** @throws {Problem} `not-found` */
export async function getErasure(
  { sql, queue }: { sql: Database; queue: Queue },
  erasureId: string,
): Promise<Erasure> {
  const row = await findErasure(sql, erasureId);
  if (!row) throw new Problem("not-found", "The erasure does not exist.");
  return toErasure(row, await countUnsearched(queue));
}

/** Counts messages, which can't be searched. Null if the queue does not answer. */
async function countUnsearched(queue: Queue): Promise<Erasure["unsearched"]> {
  const depth = await queue.depth().catch(() => undefined);
  return { messages: depth?.messages ?? null, dead_letters: depth?.deadLetters ?? null };
}

/**
 * Erasures, newest first, a page at a time.
 * @throws {Problem} `invalid-parameter` for an invalid cursor
 */
export async function listErasures(
  { sql, queue }: { sql: Database; queue: Queue },
  {
    client: clientId,
    limit,
    cursor,
  }: { client?: string | undefined; limit: number; cursor?: string | undefined },
): Promise<Page> {
  const after = cursor === undefined ? undefined : decodeCursor(cursor, CURSOR);
  // One row more than requested shows whether there is a next page.
  const rows = await selectErasures(sql, { clientId, after }, limit + 1);
  const page = rows.slice(0, limit);
  const unsearched = await countUnsearched(queue);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    erasures: page.map((row) => toErasure(row, unsearched)),
    next_cursor: last ? encodeCursor([last.requested_at, last.erasure_id]) : null,
  };
}

const toErasure = (row: ErasureRow, unsearched: Erasure["unsearched"]): Erasure => ({
  erasure_id: row.erasure_id,
  client_id: row.client_id,
  property: row.property,
  value_sha256: row.value_sha256,
  value_salt: row.value_salt,
  status: row.completed_at !== null ? "completed" : row.begun ? "running" : "waiting",
  requested_at: shortenTime(row.requested_at),
  requested_by: { client_id: row.requested_by, key_prefix: row.key_prefix },
  completed_at: row.completed_at && shortenTime(row.completed_at),
  events_erased: row.events_erased,
  quarantined_erased: row.quarantined_erased,
  unsearched,
});
