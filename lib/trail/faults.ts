/** What a verifier says is wrong, and small questions it asks. */
import type { KeyObject } from "node:crypto";
import { parseTime } from "../base/time.ts";
import { type Checkpoint, isSignedBy, keyId } from "./checkpoint.ts";
import type { Fault, TrailHeader } from "./trail.ts";

/** Thrown at the first thing that is wrong. */
export class Wrong extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.reason);
    this.fault = fault;
  }
}

export const wrong = (kind: Fault["kind"], place: Omit<Fault, "kind" | "reason">, reason: string): never => {
  throw new Wrong({ kind, ...place, reason });
};

/** Have entries of a day expired? Where there are checkpoints, one of them must say so too. */
export const hasExpired = (
  day: string,
  { expired_before: before, checkpoints, newest_checkpoint: newest }: TrailHeader,
): boolean =>
  before !== null &&
  day < before &&
  (checkpoints === 0 && newest === null
    ? true
    : newest !== null && newest.expired_before !== null && day < newest.expired_before);

export function isNotBefore(time: string, before: string): boolean {
  const [a, b] = [parseTime(time), parseTime(before)];
  return a !== undefined && b !== undefined && a.ms >= b.ms;
}

/** What can't be hashed, such as half of a surrogate pair, has no hash. */
export function safely<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** @param keys of which one must have signed; none, and nothing is checked @throws {Wrong} */
export function checkSignature(checkpoint: Checkpoint, keys: readonly KeyObject[], name: string): void {
  if (keys.length === 0 || safely(() => isSignedBy(checkpoint, keys)) === true) return;
  const known = keys.some((key) => keyId(key) === checkpoint.key_id);
  const reason = known
    ? "was changed: its signature does not fit"
    : `names a key that was not given, ${checkpoint.key_id}`;
  wrong("checkpoint", { checkpoint: checkpoint.checkpoint }, `${name} ${reason}`);
}
