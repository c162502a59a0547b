/** Whose data a caller asks for, and may see. */

import type { Caller } from "../http/call.ts";
import { Problem } from "../http/problem.ts";

interface Asked {
  caller: Caller;
  query: { client?: string | undefined };
}

/**
 * The client whose data an answer may hold: an admin key sees all and can narrow with `client=`, any other key sees its
 * own.
 * @returns null for all clients
 * @throws {Problem} `insufficient-scope` when a key without `admin` asks for another client's data
 */
export function clientFilter({ caller, query }: Asked): string | null {
  if (caller.admin) return query.client ?? null;
  // Null would mean everybody's data, so nothing but an admin key may get that far.
  if (caller.clientId === null) throw new Error("A caller without a client reached a question about events.");
  if (query.client !== undefined && query.client !== caller.clientId)
    throw new Problem("insufficient-scope", "Another client's data needs a key with the scope admin.");
  return caller.clientId;
}
