/** Proofs that an entry is in the audit as it was written. */

import { clientFilter } from "../../auth/client-filter.ts";
import type { Call } from "../../http/call.ts";
import { type ApiResponse, json } from "../../http/gateway.ts";
import { Problem } from "../../http/problem.ts";
import type { Database, Executor } from "../../postgres/client.ts";
import type { Checkpoint } from "../../trail/checkpoint.ts";
import { inclusionPath, rootOf } from "../../trail/merkle.ts";
import type { Proof } from "../../trail/prove.ts";
import type { Seal } from "../../trail/seal.ts";
import { parseRow } from "../checkpoint/stored.ts";
import { type getProof as contract, MAX_CHAIN } from "../contract.ts";
import { listCheckpoints } from "../sql/checkpoints.ts";
import { findTrailRow } from "../sql/find-trail-row.ts";
import { readTrailEnds } from "../sql/read-trail-ends.ts";
import { listLeaves, listSeals } from "../sql/seals.ts";
import { timeOfRequest } from "./filter.ts";
import { headsOf, lastCheckpoint } from "./plan.ts";
import { contentOf } from "./trail.ts";

/** @throws {Problem} `not-found`, `unprovable`, `query-too-broad` */
export async function getProof(call: Call<{ sql: Database }, typeof contract>): Promise<ApiResponse> {
  const clientId = clientFilter({ ...call, query: {} });
  return json(200, await proofOf(call.deps.sql, call.params.request_id, clientId));
}

/** @param clientId the client whose entry it must be; null for any @throws {Problem} the same as `getProof` */
export async function proofOf(sql: Executor, requestId: string, clientId: string | null): Promise<Proof> {
  const at = await timeOfRequest(sql, requestId);
  const row = at === undefined ? undefined : await findTrailRow(sql, at, requestId);
  if (!row || (clientId !== null && row.client_id !== clientId))
    throw new Problem("not-found", "The audit log has no such entry.");
  const { lane, leaf, hash } = row;
  const [seal] = await listSeals(sql, [{ lane, first: row.seal, last: row.seal }]);
  const leaves = await listLeaves(sql, lane, row.seal);
  if (!seal || leaves[leaf] !== hash || leaves.length !== seal.entries || rootOf(leaves) !== seal.root)
    throw new Problem("unprovable", "The entry's seal does not match the stored entries.");
  const path = inclusionPath(leaves, leaf);
  return { v: 1, ...contentOf(row), leaf, hash, path, seal, ...(await wayToCheckpoint(sql, seal)) };
}

async function wayToCheckpoint(
  sql: Executor,
  { lane, seal }: Seal,
): Promise<Pick<Proof, "chain" | "checkpoint" | "note">> {
  const checkpoint = await firstCheckpointWith(sql, lane, seal);
  if (!checkpoint)
    return { chain: [], checkpoint: null, note: "There is no checkpoint after the entry's seal yet." };
  const last = checkpoint.lanes.find((one) => one.lane === lane)?.seals ?? seal;
  const tooFar = last - seal > MAX_CHAIN;
  const range = { lane, first: seal + 1, last: tooFar ? seal + MAX_CHAIN : last };
  const chain = range.first <= range.last ? await listSeals(sql, [range]) : [];
  if (!tooFar) return { chain, checkpoint, note: null };
  const note = `The next checkpoint is ${last - seal} seals away; a proof has at most ${MAX_CHAIN}.`;
  return { chain, checkpoint: null, note };
}

async function firstCheckpointWith(
  sql: Executor,
  lane: number,
  seal: number,
): Promise<Checkpoint | undefined> {
  const { checkpoints } = await readTrailEnds(sql);
  const before = await lastCheckpoint(sql, checkpoints, (seals) => (seals.get(lane) ?? 0) < seal);
  const [row] = await listCheckpoints(sql, before?.checkpoint ?? 0, checkpoints, 1);
  return row && (headsOf(row).get(lane) ?? 0) >= seal ? parseRow(row) : undefined;
}
