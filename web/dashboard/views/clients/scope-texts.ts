/** What each scope permits, in a sentence. */
import type { Scope } from "../../app/session.ts";

export const SCOPE_TEXTS: Readonly<Record<Scope, string>> = {
  ingest: "Send events, and read the receipts of what was sent.",
  read: "Read and count the client's events, and follow them as they arrive.",
  audit: "Read, prove and verify the audit log of the client's calls.",
  admin: "Everything, for all clients: other clients' data, clients and keys, the quarantine, erasures.",
};

export const SCOPES = Object.keys(SCOPE_TEXTS) as Scope[];

const DAY = 86_400_000;

/** How long a new key is valid. */
export const EXPIRIES = {
  never: "Does not expire",
  "7": "In 7 days",
  "30": "In 30 days",
  "90": "In 90 days",
  "365": "In a year",
  custom: "At a time of your choice",
} as const;
export type Expiry = keyof typeof EXPIRIES;

/**
 * When a key expires; null for never.
 * @param custom the time of the user's choice in milliseconds, if any @param now in milliseconds as well
 * @throws {RangeError} if the time of the user's choice is missing or past
 */
export function expiresAt(expiry: Expiry, custom: number | undefined, now: number): string | null {
  if (expiry === "never") return null;
  if (expiry !== "custom") return new Date(now + Number(expiry) * DAY).toISOString();
  if (custom === undefined) throw new RangeError("Enter the time at which the key expires.");
  if (custom <= now) throw new RangeError("The key would have expired already.");
  return new Date(custom).toISOString();
}

interface KeyDates {
  revoked_at: string | null;
  expires_at: string | null;
}

/** What a key is good for now. */
export function stateOf({ revoked_at, expires_at }: KeyDates, now: number): "active" | "revoked" | "expired" {
  if (revoked_at !== null) return "revoked";
  return expires_at !== null && Date.parse(expires_at) <= now ? "expired" : "active";
}
