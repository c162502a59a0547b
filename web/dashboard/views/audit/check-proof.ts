/** Checks the proof of one entry in the browser, step by step, by the rules of `weir audit prove`: see docs/audit.md. */
import type { components } from "../../../../sdk/typescript/src/generated/openapi.ts";
import { canonicalBytes, digest, fromHex, hashOf, isSigned, type PublicKey } from "./hashes.ts";
import { climb } from "./inclusion.ts";

export type Proof = components["schemas"]["AuditProof"];
type Seal = Proof["seal"];

export type Outcome = "valid" | "invalid" | "unchecked";

/** One thing that was checked, or why it could not be. */
export interface Step {
  name: "request" | "entry" | "personal" | "path" | "seals" | "checkpoint" | "signature";
  outcome: Outcome;
  /** A sentence for the reader. */
  detail: string;
  /** What the browser computed, and what the proof says. */
  hashes?: { computed: string; stated: string };
}

export interface Expected {
  /** The entry that the proof must be of. */
  requestId: string;
  /** Keys of which one must have signed the checkpoint; if empty, the signature is not checked. */
  publicKeys: readonly PublicKey[];
}

type Findings = Omit<Step, "name">;

/**
 * Checks everything in a proof. Later steps are checked even if an earlier one is invalid.
 * @param proof as the server sent it; nothing in it is trusted
 */
export function checkProof(proof: Proof, { requestId, publicKeys }: Expected): Step[] {
  const last = [proof.seal, ...(Array.isArray(proof.chain) ? proof.chain : [])].at(-1);
  const step = (name: Step["name"], check: () => Findings): Step => ({ name, ...attempt(check) });
  return [
    step("request", () => checkRequest(proof, requestId)),
    step("entry", () => checkEntry(proof)),
    step("personal", () => checkPersonal(proof)),
    step("path", () => checkPath(proof)),
    step("seals", () => checkSeals(proof)),
    step("checkpoint", () => checkHead(proof, last)),
    step("signature", () => checkSignature(proof, publicKeys)),
  ];
}

/** Invalid if a step is, otherwise valid, although some steps may be unchecked. */
export const verdict = (steps: readonly Step[]): "valid" | "invalid" =>
  steps.some(({ outcome }) => outcome === "invalid") ? "invalid" : "valid";

const valid = (detail: string): Findings => ({ outcome: "valid", detail });
const invalid = (detail: string): Findings => ({ outcome: "invalid", detail });
const unchecked = (detail: string): Findings => ({ outcome: "unchecked", detail });

/** What does not even have the form of a proof, such as a hash that is not hexadecimal, is invalid. */
function attempt(check: () => Findings): Findings {
  try {
    return check();
  } catch (error) {
    return invalid(`This part does not have the form of a proof: ${(error as Error).message}.`);
  }
}

const compare = (computed: string | undefined, stated: string, good: string, bad: string): Findings => ({
  ...(computed === stated ? valid(good) : invalid(bad)),
  hashes: { computed: computed ?? "none: the path does not fit the position", stated },
});

function checkRequest({ v, entry }: Proof, requestId: string): Findings {
  if (v !== 1) return invalid("The proof has a version that this page does not know.");
  return entry.request_id === requestId
    ? valid("The proof is of the call that you asked for.")
    : invalid(`The proof is of another call, ${entry.request_id}.`);
}

const checkEntry = ({ entry, hash }: Proof): Findings =>
  compare(
    hashOf("leaf", entry),
    hash,
    "The entry's hash is the leaf: no member of the entry was changed.",
    "The entry was changed: its hash is not the leaf.",
  );

function checkPersonal({ entry, personal }: Proof): Findings {
  if (personal === null) return unchecked("Address and user agent were erased: nobody can check them.");
  const { salt, ...rest } = personal;
  return compare(
    digest(fromHex(salt), canonicalBytes(rest)),
    entry.personal,
    "Address and user agent are those that the entry commits to.",
    "The address, user agent or salt was changed: it is not what the entry commits to.",
  );
}

function checkPath({ entry, hash, leaf, path, seal }: Proof): Findings {
  if (entry.at.slice(0, 10) !== seal.day) return invalid("The entry's day differs from its seal's day.");
  return compare(
    climb(hash, leaf, seal.entries, path),
    seal.root,
    `Entry ${leaf + 1} of ${seal.entries} in its seal: ${path.length} hashes lead from its leaf to the seal's root.`,
    "The path does not lead from the leaf to the seal's root.",
  );
}

function checkSeals({ seal, chain }: Proof): Findings {
  let before: Seal | undefined;
  for (const one of [seal, ...chain]) {
    const { hash, ...content } = one;
    const computed = hashOf("seal", content);
    if (computed !== hash)
      return {
        ...invalid(`Seal ${one.seal} of lane ${one.lane} was changed: its hash differs.`),
        hashes: { computed, stated: hash },
      };
    if (before !== undefined && !follows(one, before))
      return invalid(`Seal ${one.seal} of lane ${one.lane} does not follow the previous one.`);
    before = one;
  }
  const last = before ?? seal;
  return valid(
    chain.length === 0
      ? `Seal ${seal.seal} of lane ${seal.lane} has the hash that it states.`
      : `Seals ${seal.seal} to ${last.seal} of lane ${seal.lane} have the hashes that they state, and each follows the previous one.`,
  );
}

const follows = (one: Seal, before: Seal): boolean =>
  one.lane === before.lane &&
  one.seal === before.seal + 1 &&
  one.previous === before.hash &&
  one.total === before.total + one.entries;

function checkHead({ checkpoint, note }: Proof, last: Seal | undefined): Findings {
  if (checkpoint === null)
    return unchecked(
      `${note ?? "The proof has no checkpoint."} Until then, the seal itself could still be replaced unnoticed.`,
    );
  const head = checkpoint.lanes.find(({ lane }) => lane === last?.lane);
  const isHead =
    head !== undefined && head.head === last?.hash && head.seals === last.seal && head.entries === last.total;
  return isHead
    ? valid(
        `Checkpoint ${checkpoint.checkpoint}, made at ${checkpoint.made_at}, has the last seal as the head of its lane.`,
      )
    : invalid(`Checkpoint ${checkpoint.checkpoint} has another head for the lane.`);
}

function checkSignature({ checkpoint }: Proof, keys: readonly PublicKey[]): Findings {
  if (checkpoint === null) return unchecked("Without a checkpoint there is no signature.");
  if (keys.length === 0)
    return unchecked("The signature was not checked. Enter the public key of the audit trail to check it.");
  const key = keys.find(({ id }) => id === checkpoint.key_id);
  if (key === undefined) return invalid(`The checkpoint names another key, ${checkpoint.key_id}.`);
  const { signature, ...content } = checkpoint;
  return isSigned(hashOf("checkpoint", content), signature, key)
    ? valid(`The checkpoint is signed by key ${key.id}.`)
    : invalid("The checkpoint was changed: its signature does not match.");
}
