/** Verifies the audit trail in the database, with the same rules as an exported one. */

import type { KeyObject } from "node:crypto";
import { clientFilter } from "../../auth/client-filter.ts";
import type { Instant } from "../../base/time.ts";
import type { Config } from "../../config/config.ts";
import type { Call } from "../../http/call.ts";
import { decodeCursor, encodeCursor, linkNext, type PartCheck } from "../../http/cursor.ts";
import { type ApiResponse, json } from "../../http/gateway.ts";
import type { Database, Executor } from "../../postgres/client.ts";
import type { Counts, Progress, Verification } from "../../trail/verification.ts";
import { TrailVerifier } from "../../trail/verify.ts";
import { parseRow } from "../checkpoint/stored.ts";
import type * as contract from "../contract.ts";
import { findCheckpoint } from "../sql/checkpoints.ts";
import { readTrailEnds } from "../sql/read-trail-ends.ts";
import { planTrail, readHeads, type TrailPlace, type TrailPlan, trailCursor } from "./plan.ts";
import { readTrail } from "./trail.ts";

/** Time that one call verifies: 29 s, less the time that a running statement and the response may take. */
const BUDGET_MS = 12_000;

interface VerifyRequest {
  start?: Instant | undefined;
  end?: Instant | undefined;
  /** Maximum number of entries. */
  limit: number;
  cursor?: string | undefined;
}

interface Answer extends Verification {
  complete: boolean;
  next_cursor: string | null;
}

/** Verifies as much as time and limit allow. @throws {Problem} `invalid-parameter`, `query-too-broad` */
export async function verifyStored(
  sql: Executor,
  publicKeys: readonly KeyObject[],
  request: VerifyRequest,
): Promise<Answer> {
  const [first, horizon] = await verifyOnce(sql, publicKeys, request);
  // Entries that expired during the run only appear to be missing, so verify again.
  if (first.valid || (await readTrailEnds(sql)).expired_before === horizon) return first;
  const [second] = await verifyOnce(sql, publicKeys, request);
  return second;
}

/** @returns also the day before which entries had expired when it began */
async function verifyOnce(
  sql: Executor,
  publicKeys: readonly KeyObject[],
  { start, end, limit, cursor }: VerifyRequest,
): Promise<[Answer, horizon: string | null]> {
  const endsAt = Date.now() + BUDGET_MS;
  const [counts, place] = cursor === undefined ? [] : readCursor(cursor);
  const described = { ...(start && { start: start.text }), ...(end && { end: end.text }) };
  const plan = await planTrail(sql, { start, end, described, cursor: place });
  const resume = counts && (await progressAt(sql, plan.place, counts));
  const verifier = new TrailVerifier({ publicKeys, wants: plan.wants, ...(resume && { resume }) });
  if (plan.resumed) verifier.push(plan.header);
  let reached: TrailPlace | undefined;
  let entries = 0;
  for await (const step of readTrail(sql, plan)) {
    // At least one step for each call, so that verification makes progress.
    if (reached && (Date.now() > endsAt || entries + step.entries > limit))
      return [pause(verifier, plan, reached), plan.header.expired_before];
    for (const item of step.items) verifier.push(item);
    if (verifier.fault) break;
    reached = step.place;
    entries += step.entries;
  }
  return [{ ...verifier.end(), complete: true, next_cursor: null }, plan.header.expired_before];
}

function pause(verifier: TrailVerifier, plan: TrailPlan, place: TrailPlace): Answer {
  verifier.pause();
  const verification = verifier.result();
  if (!verification.valid) return { ...verification, complete: true, next_cursor: null };
  const next_cursor = writeCursor(verifier.counts, trailCursor(plan, place));
  return { ...verification, complete: false, next_cursor };
}

/** Restores the progress of the previous calls. */
async function progressAt(sql: Executor, place: TrailPlace, counts: Counts): Promise<Progress> {
  const heads = await readHeads(sql, place.seals);
  const row = await findCheckpoint(sql, place.checkpoint);
  return {
    counts,
    lanes: new Map(heads.map(({ lane, ...reached }) => [lane, reached])),
    checkpoint: (row?.checkpoint === place.checkpoint && parseRow(row)) || null,
  };
}

const COUNTS = ["entries", "seals", "checkpoints", "withheld", "expired", "erased"] as const;
const isCount: PartCheck = (part) => /^\d{1,15}$/.test(part);
const isCursor: PartCheck = (part) => /^[\w-]+$/.test(part);
/** The counts, and the cursor of the trail. */
const CURSOR = [...COUNTS.map(() => isCount), isCursor];

const writeCursor = (counts: Counts, cursor: string): string =>
  encodeCursor([...COUNTS.map((name) => String(counts[name])), cursor]);

function readCursor(cursor: string): [Counts, string] {
  const parts = decodeCursor(cursor, CURSOR) as readonly string[];
  const counts = Object.fromEntries(COUNTS.map((name, index) => [name, Number(parts[index])]));
  return [counts as unknown as Counts, parts[COUNTS.length] ?? ""];
}

/** @throws {Problem} `invalid-parameter`, `query-too-broad` */
export async function verifyAudit(
  call: Call<{ sql: Database; config: Config }, typeof contract.verifyAudit>,
): Promise<ApiResponse> {
  const { deps, query, request } = call;
  const result = await verifyStored(deps.sql, deps.config.auditPublicKeys, query);
  const { first_invalid: fault } = result;
  // A caller limited to one client must not see request ids of others.
  const shown =
    clientFilter({ ...call, query: {} }) === null || !fault ? fault : { ...fault, request_id: undefined };
  return json(200, { ...result, first_invalid: shown }, linkNext(request, result.next_cursor));
}
