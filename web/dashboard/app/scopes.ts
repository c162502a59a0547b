/** Finds out what a key may do: by calls that change nothing, each of which requires one scope. */
import { clientWith, type OperationId, type Parameters, WeirError } from "../api/client.ts";
import type { Scope } from "./session.ts";

/** No receipt has this id: 404 means that the key may read receipts. */
const NO_RECEIPT = "00000000-0000-0000-0000-000000000000";

/**
 * The scopes of a key. A key that may `read` is not asked whether it may also `ingest`, since the dashboard sends nothing.
 * @throws {WeirError} with status 401 if the key is refused; otherwise as `fetch` does
 */
export async function findScopes(key: string): Promise<Scope[]> {
  const client = clientWith(key);
  const may = async <Id extends OperationId>(id: Id, parameters: Parameters<Id>): Promise<boolean> => {
    try {
      await (client.response as (id: OperationId, parameters: unknown) => Promise<Response>)(id, parameters);
      return true;
    } catch (error) {
      if (error instanceof WeirError && error.status === 404) return true;
      if (error instanceof WeirError && error.code === "insufficient-scope") return false;
      throw error;
    }
  };
  if (await may("listClients", { query: { limit: 1 } })) return ["admin"];
  const [read, audit] = await Promise.all([
    may("listEvents", { query: { limit: 1 } }),
    may("listAudit", { query: { limit: 1 } }),
  ]);
  const ingest = !read && (await may("getReceipt", { path: { receipt_id: NO_RECEIPT } }));
  return [
    ...(read ? ["read" as const] : []),
    ...(audit ? ["audit" as const] : []),
    ...(ingest ? ["ingest" as const] : []),
  ];
}
