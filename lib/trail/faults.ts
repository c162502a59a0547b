/** Faults that verifiers report, and checks that they share. */
import type { KeyObject } from "node:crypto";
import { parseTime } from "../base/time.ts";
import { type Checkpoint, isSignedBy, keyId } from "./checkpoint.ts";
import type { Fault, TrailHeader } from "./trail.ts";

/** Thrown at the first fault. */
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

/** True if entries of a day have expired. If there are checkpoints, the newest one must confirm it. */
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

/** @returns undefined if `run` throws, as for values that cannot be hashed, such as a lone surrogate */
export function safely<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

/** @param keys one of them must have signed; if empty, the check is skipped @throws {Wrong} */
export function checkSignature(checkpoint: Checkpoint, keys: readonly KeyObject[], name: string): void {
  if (keys.length === 0 || safely(() => isSignedBy(checkpoint, keys)) === true) return;
  const known = keys.some((key) => keyId(key) === checkpoint.key_id);
  const reason = known
    ? "was changed: its signature does not match"
    : `is signed with an unknown key, ${checkpoint.key_id}`;
  wrong("checkpoint", { checkpoint: checkpoint.checkpoint }, `${name} ${reason}`);
}
