/** Clients: their rate limits, and whether they are active. */

import type { z } from "zod";
import { unrecorded } from "../audit/record/change.ts";
import { KEY_CACHE_SECONDS } from "../auth/authenticate.ts";
import { newClientId } from "../base/ids.ts";
import type { Changed } from "../http/call.ts";
import { decodeCursor, encodeCursor, isTextPart } from "../http/cursor.ts";
import { Problem } from "../http/problem.ts";
import { outageWait } from "../http/rate-limit.ts";
import { checkBody } from "../http/validate.ts";
import type { Database } from "../postgres/client.ts";
import { transaction } from "../postgres/transaction.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import { type clientSchema, newClientSchema } from "./contract.ts";
import {
  type ClientChanges,
  type ClientRow,
  findClient,
  insertClient,
  lockClient,
  selectClients,
  updateClient,
} from "./sql/clients.ts";
import { writeRecord } from "./write-record.ts";

type Servers = { sql: Database; redis: RedisConnection; shards: Shards };

/** A client as the API shows it. */
export type Client = z.output<typeof clientSchema>;

const toClient = (row: ClientRow): Client => ({ ...row, created_at: row.created_at.toISOString() });

/**
 * Creates a client; absent members get the contract's defaults.
 * @throws {Problem} `conflict` if the id is taken, `invalid-body`
 */
export async function createClient(
  { sql }: { sql: Database },
  input: z.input<typeof newClientSchema>,
  changed: Changed = unrecorded,
): Promise<Client> {
  const client = checkBody(newClientSchema, input);
  const clientId = client.client_id ?? newClientId();
  const row = await insertClient(sql, { ...client, client_id: clientId });
  if (!row) throw new Problem("conflict", `The client ${clientId} already exists.`);
  const after = toClient(row);
  changed({ before: null, after });
  return after;
}

/** @returns null if no client has that id */
export async function getClient({ sql }: { sql: Database }, clientId: string): Promise<Client | null> {
  const row = await findClient(sql, clientId);
  return row ? toClient(row) : null;
}

/** @throws {Problem} `not-found` */
export async function requireClient(deps: { sql: Database }, clientId: string): Promise<Client> {
  const client = await getClient(deps, clientId);
  if (!client) throw noSuchClient();
  return client;
}

const noSuchClient = (): Problem => new Problem("not-found", "The client does not exist.");

/**
 * Clients by id, a page at a time.
 * @throws {Problem} `invalid-parameter` for an invalid cursor
 */
export async function listClients(
  { sql }: { sql: Database },
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<{ clients: Client[]; next_cursor: string | null }> {
  const [after = null] = cursor === undefined ? [] : decodeCursor(cursor, [isTextPart]);
  // One row more than requested shows whether there is a next page.
  const rows = await selectClients(sql, after, limit + 1);
  const clients = rows.slice(0, limit).map(toClient);
  const last = rows.length > limit ? clients.at(-1) : undefined;
  return { clients, next_cursor: last ? encodeCursor([last.client_id]) : null };
}

/**
 * Changes a client; the change takes effect in every function at once.
 * @throws {Problem} `not-found`; `queue-unavailable` if the change is stored but could not be written to Redis, where the
 * functions read it
 */
export async function changeClient(
  deps: Servers,
  clientId: string,
  changes: ClientChanges,
  changed: Changed = unrecorded,
): Promise<Client> {
  const [before, row] = await transaction(deps.sql, async (tx) => [
    await lockClient(tx, clientId),
    await updateClient(tx, clientId, changes),
  ]);
  if (!before || !row) throw noSuchClient();
  changed({ before: toClient(before), after: toClient(row) });
  await publish(deps, clientId).catch((cause: unknown) => {
    throw new Problem(
      "queue-unavailable",
      "The change is stored, but may take effect late, because Redis is unavailable. Send it again.",
      { headers: { "retry-after": outageWait() }, cause },
    );
  });
  return toClient(row);
}

/**
 * Writes the client's record to Redis. Holds the row's lock, so that of two concurrent changes Redis keeps the one that
 * PostgreSQL committed last.
 */
async function publish({ sql, redis, shards }: Servers, clientId: string): Promise<void> {
  await transaction(sql, async (tx) => {
    const row = await lockClient(tx, clientId);
    if (!row) return;
    const record = {
      active: row.active ? 1 : 0,
      rate: row.rate_limit_per_second,
      burst: row.burst,
      origins: row.origins.join(" "),
    };
    await writeRecord(redis, shards.of(clientId).client(clientId), record, KEY_CACHE_SECONDS);
  });
}
