/** Checkpoints of the audit trail: the heads of all lanes, signed, stored, logged, and copied to a bucket. */
import type { KeyObject } from "node:crypto";
import type { Log } from "../../base/log.ts";
import type { Database, Transaction } from "../../postgres/client.ts";
import { transaction } from "../../postgres/transaction.ts";
import {
  type Checkpoint,
  type CheckpointContent,
  checkpointHash,
  isSignedBy,
  keyId,
} from "../../trail/checkpoint.ts";
import { canonicalJson } from "../../trail/entry.ts";
import { NO_SEAL } from "../../trail/seal.ts";
import {
  findCheckpoint,
  findMissingHeads,
  insertCheckpoint,
  listMissingCheckpoints,
  lockCheckpoints,
  markInBucket,
} from "../sql/checkpoints.ts";
import { readTrailEnds, type TrailEnds } from "../sql/read-trail-ends.ts";
import type { CheckpointBucket } from "./bucket.ts";
import type { Signer } from "./signer.ts";
import { parseRow } from "./stored.ts";

/** A checkpoint is made at least this often, so a trail without a recent one is visibly unattended. */
const QUIET_MS = 86_400_000;
/** Checkpoints that are read at a time to be copied. */
const COPIED = 100;

export interface CheckpointDeps {
  sql: Database;
  log: Log;
  signer: Signer;
  /** Keys that may have signed earlier checkpoints. */
  publicKeys: readonly KeyObject[];
  bucket: CheckpointBucket | undefined;
}

/** Result of a run. */
export interface Checkpointed {
  /** True if another run was making a checkpoint, so that this run made none. */
  busy: boolean;
  /** Number of the checkpoint that was made; null if nothing has changed. */
  checkpoint: number | null;
  /** Number of checkpoints copied to the bucket. */
  copied: number;
}

/** The trail in the database contradicts itself or an earlier signed checkpoint. */
export class TrailDamagedError extends Error {
  override name = "TrailDamagedError";
}

/**
 * Makes a checkpoint, unless nothing has changed and the last one is less than a day old, and copies missing checkpoints
 * to the bucket.
 * @param endsAt time after which no copy starts, in milliseconds since the Unix epoch
 * @throws {TrailDamagedError} if the trail is damaged, without signing anything; the log lists the faults
 * @throws {CheckpointConflictError} if the bucket has another checkpoint with the same number
 */
export async function runCheckpoint(
  deps: CheckpointDeps,
  { endsAt, now }: { endsAt: number; now?: number },
): Promise<Checkpointed> {
  const made = await makeCheckpoint(deps, now);
  if (typeof made === "object") deps.log.info("audit-checkpoint", { checkpoint: made });
  return {
    busy: made === "busy",
    checkpoint: typeof made === "object" ? made.checkpoint : null,
    copied: await copyMissing(deps, endsAt),
  };
}

/** @param now milliseconds since the Unix epoch; by default the database's time */
function makeCheckpoint(
  { sql, log, signer, publicKeys }: CheckpointDeps,
  now: number | undefined,
): Promise<Checkpoint | "busy" | "unchanged"> {
  return transaction(sql, async (tx) => {
    if (!(await lockCheckpoints(tx))) return "busy";
    const publicKey = await signer.publicKey();
    const ends = await readTrailEnds(tx);
    const previous = parseRow(await findCheckpoint(tx, ends.checkpoints));
    const faults = await findFaults(tx, ends, previous, [publicKey, ...publicKeys]);
    if (faults.length > 0) {
      log.error("audit-trail-damaged", { faults });
      throw new TrailDamagedError(faults.join(" "));
    }
    const content = nextContent(ends, previous, { publicKey, now });
    if (isQuiet(content, previous)) return "unchanged";
    const signature = await signer.sign(Buffer.from(checkpointHash(content), "hex"));
    const checkpoint: Checkpoint = { ...content, signature: signature.toString("hex") };
    if (!isSignedBy(checkpoint, [publicKey]))
      throw new Error("The signature does not match the signer's public key.");
    await insertCheckpoint(tx, content.checkpoint, canonicalJson(content), checkpoint.signature);
    return checkpoint;
  });
}

/** Finds faults of the trail that its heads and the last checkpoint reveal. @returns one sentence for each */
async function findFaults(
  tx: Transaction,
  { lanes: heads, checkpoints }: TrailEnds,
  previous: Checkpoint | undefined,
  publicKeys: readonly KeyObject[],
): Promise<string[]> {
  const faults = heads
    .filter(({ agrees }) => !agrees)
    .map(({ lane }) => `Lane ${lane} does not end with its newest seal.`);
  if (previous === undefined)
    return checkpoints === 0 ? faults : [...faults, `Checkpoint ${checkpoints} was changed.`];
  const isKnown = publicKeys.some((key) => keyId(key) === previous.key_id);
  // An unknown key is for operators to investigate; it must not stop checkpoints.
  if (isKnown && !isSignedBy(previous, publicKeys))
    faults.push(`The signature of checkpoint ${previous.checkpoint} is invalid.`);
  const lanes = new Set(heads.map(({ lane }) => lane));
  const signed = previous.lanes.filter(({ seals }) => seals > 0);
  for (const lane of await findMissingHeads(tx, signed))
    faults.push(`Lane ${lane} has lost the seal at its head in checkpoint ${previous.checkpoint}.`);
  for (const { lane } of previous.lanes) if (!lanes.has(lane)) faults.push(`Lane ${lane} is missing.`);
  return faults;
}

function nextContent(
  ends: TrailEnds,
  previous: Checkpoint | undefined,
  { publicKey, now }: { publicKey: KeyObject; now: number | undefined },
): CheckpointContent {
  const time = now === undefined ? ends.now : new Date(now).toISOString().replace("Z", "000Z");
  return {
    v: 1,
    checkpoint: (previous?.checkpoint ?? 0) + 1,
    // A clock may be set back, and a new server's may be behind, but the times of checkpoints must not decrease.
    made_at: previous !== undefined && previous.made_at > time ? previous.made_at : time,
    previous: previous === undefined ? NO_SEAL : checkpointHash(previous),
    lanes: ends.lanes.map(({ lane, seals, entries, head }) => ({ lane, seals, entries, head })),
    expired_before: ends.expired_before,
    key_id: keyId(publicKey),
  };
}

/** True if the content has not changed since the last checkpoint, and that one is recent. */
function isQuiet(next: CheckpointContent, previous: CheckpointContent | undefined): boolean {
  if (previous === undefined) return false;
  const said = ({ lanes, expired_before, key_id }: CheckpointContent): string =>
    canonicalJson({ lanes, expired_before, key_id });
  return said(next) === said(previous) && Date.parse(next.made_at) - Date.parse(previous.made_at) < QUIET_MS;
}

/** Copies oldest first, so that only the newest checkpoints can be missing in the bucket. @returns number of copies */
async function copyMissing(
  { sql, bucket }: Pick<CheckpointDeps, "sql" | "bucket">,
  endsAt: number,
): Promise<number> {
  if (bucket === undefined) return 0;
  let copied = 0;
  for (;;) {
    const missing = await listMissingCheckpoints(sql, COPIED);
    for (const row of missing) {
      if (Date.now() >= endsAt) return copied;
      const checkpoint = parseRow(row);
      if (!checkpoint) throw new TrailDamagedError(`Checkpoint ${row.checkpoint} was changed.`);
      await bucket.put(checkpoint);
      await markInBucket(sql, checkpoint.checkpoint);
      copied++;
    }
    if (missing.length < COPIED) return copied;
  }
}
