/**
 * Who is signed in. The key is in this module and in sessionStorage, which the tab alone can read and which ends with it;
 * never in a URL, a cookie or a message.
 */
import { signal } from "@preact/signals";
import type { Result } from "../../../sdk/typescript/src/client.ts";

export type Scope = Result<"getOwnKey">["scopes"][number];

export interface Session {
  key: string;
  /** What the key may do; `admin` includes the others. */
  scopes: readonly Scope[];
  /** Part of the key that may be shown. */
  shown: string;
}

const STORED = "weir.session";

/** Undefined while nobody is signed in. */
export const session = signal<Session | undefined>(readStored());
/** Why the last session ended; undefined if the user signed out. */
export const refusal = signal<string | undefined>(undefined);

function readStored(): Session | undefined {
  try {
    const stored = JSON.parse(sessionStorage.getItem(STORED) ?? "null") as Session | null;
    return stored ?? undefined;
  } catch {
    return undefined;
  }
}

/** Starts a session that lasts as long as the tab. */
export function startSession(started: Session): void {
  try {
    sessionStorage.setItem(STORED, JSON.stringify(started));
  } catch {
    // Without storage the session ends with the page.
  }
  refusal.value = undefined;
  session.value = started;
}

/** Forgets the key. @param reason why, if the user did not ask for it */
export function endSession(reason?: string): void {
  try {
    sessionStorage.removeItem(STORED);
  } catch {
    // Nothing was stored either.
  }
  refusal.value = reason;
  session.value = undefined;
}

/** True if the key has a scope, or `admin`, which includes all. */
export const hasScope = (scope: Scope): boolean =>
  session.value?.scopes.some((one) => one === scope || one === "admin") ?? false;
