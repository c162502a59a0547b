/** Checks a proof that one entry is in the audit trail. */
import type { KeyObject } from "node:crypto";
import * as z from "zod";
import type { Checkpoint } from "./checkpoint.ts";
import { commitmentOf, type Entry, leafOf, type Personal } from "./entry.ts";
import { checkSignature, safely, Wrong, wrong } from "./faults.ts";
import { rootFromPath } from "./merkle.ts";
import { checkpointSchema, entrySchema, hexField, personalSchema, sealSchema } from "./schema.ts";
import { type Seal, sealHash } from "./seal.ts";
import { describeIssues, type Fault } from "./trail.ts";

export const proofSchema = z
  .object({
    v: z.literal(1),
    entry: entrySchema,
    personal: personalSchema.nullable().meta({ description: "Null if it was erased." }),
    leaf: z.int().meta({ description: "The entry's position in its seal, from 0." }),
    hash: hexField.meta({ description: "The entry's hash: a leaf of the seal's tree." }),
    path: z
      .array(hexField)
      .meta({ description: "The hashes to combine it with, up to the seal's root (RFC 6962)." }),
    seal: sealSchema,
    chain: z
      .array(sealSchema)
      .meta({ description: "The following seals, up to the lane's head in the checkpoint." }),
    checkpoint: checkpointSchema.nullable().meta({
      description: "The first checkpoint after the seal; null if it does not exist yet or is too far away.",
    }),
    note: z.string().nullable().meta({ description: "Why there is no checkpoint." }),
  })
  .meta({ id: "AuditProof" });

export interface Proof {
  v: 1;
  entry: Entry;
  personal: Personal | null;
  leaf: number;
  hash: string;
  path: string[];
  seal: Seal;
  chain: Seal[];
  checkpoint: Checkpoint | null;
  note: string | null;
}

/** @throws {SyntaxError} for an invalid proof */
export function parseProof(text: string): Proof {
  const parsed = proofSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new SyntaxError(describeIssues(parsed.error));
}

/** @param keys one of them must have signed; if empty, the signature is not checked @returns the first fault */
export function checkProof(proof: Proof, keys: readonly KeyObject[]): Fault | undefined {
  try {
    checkEntry(proof);
    const head = checkChain(proof);
    if (proof.checkpoint) checkHead(proof.checkpoint, head, keys);
    return undefined;
  } catch (error) {
    if (error instanceof Wrong) return error.fault;
    throw error;
  }
}

function checkEntry({ entry, personal, leaf, hash, path, seal }: Proof): void {
  const place = { lane: seal.lane, seal: seal.seal, leaf, request_id: entry.request_id };
  if (safely(() => leafOf(entry)) !== hash) wrong("entry", place, "the entry was changed: its hash differs");
  if (personal && safely(() => commitmentOf(personal)) !== entry.personal)
    wrong("entry", place, "the entry's address, user agent or salt was changed");
  if (entry.at.slice(0, 10) !== seal.day)
    wrong("entry", place, "the entry's day differs from its seal's day");
  if (rootFromPath(hash, leaf, seal.entries, path) !== seal.root)
    wrong("entry", place, "the path does not lead to the seal's root");
}

/** @returns the last seal */
function checkChain({ seal, chain }: Proof): Seal {
  let before: Seal | undefined;
  for (const one of [seal, ...chain]) {
    const place = { lane: one.lane, seal: one.seal };
    if (sealHash(one) !== one.hash) wrong("seal", place, "the seal was changed: its hash differs");
    const follows =
      before === undefined ||
      (one.lane === before.lane &&
        one.seal === before.seal + 1 &&
        one.previous === before.hash &&
        one.total === before.total + one.entries);
    if (!follows) wrong("seal", place, "the seal does not follow the previous one");
    before = one;
  }
  return before ?? seal;
}

function checkHead(checkpoint: Checkpoint, last: Seal, keys: readonly KeyObject[]): void {
  checkSignature(checkpoint, keys, "the checkpoint");
  const head = checkpoint.lanes.find(({ lane }) => lane === last.lane);
  if (head?.head !== last.hash || head.seals !== last.seal || head.entries !== last.total)
    wrong(
      "checkpoint",
      { checkpoint: checkpoint.checkpoint, lane: last.lane },
      "the checkpoint and the proof have different heads for the lane",
    );
}
