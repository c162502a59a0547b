/** Limits a query to the data that the caller may see. */

import type { Caller } from "../http/call.ts";
import { Problem } from "../http/problem.ts";

interface Asked {
  caller: Caller;
  query: { client?: string | undefined };
}

/**
 * The client whose data a response may hold. An admin key sees all clients and can narrow with `client=`; any other key sees
 * its own client.
 * @returns null for all clients
 * @throws {Problem} `insufficient-scope` if a key without `admin` requests another client's data
 */
export function clientFilter({ caller, query }: Asked): string | null {
  if (caller.admin) return query.client ?? null;
  // Null would select the data of all clients, which only an admin key may see.
  if (caller.clientId === null) throw new Error("A caller without a client reached a query for events.");
  if (query.client !== undefined && query.client !== caller.clientId)
    throw new Problem(
      "insufficient-scope",
      "Only a key with the scope admin can read another client's data.",
    );
  return caller.clientId;
}
