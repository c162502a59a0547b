/** Receipts: what became of a request's events. */

import { isUuid } from "../base/ids.ts";
import { shortenTime } from "../base/time.ts";
import type { Call, Caller } from "../http/call.ts";
import { outage } from "../http/errors.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import { Problem } from "../http/problem.ts";
import { parseNote } from "../pending/note.ts";
import type { Database } from "../postgres/client.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import type * as contract from "./contract.ts";
import { findReceipt, type ReceiptRow } from "./sql/receipts.ts";

interface ReceiptStores {
  sql: Database;
  redis: RedisConnection;
  shards: Shards;
}

type Receipt = Omit<ReceiptRow, "completed_at" | "settled_parts" | "parts"> & { completed_at: string | null };

/**
 * A receipt is in Redis while one of its messages waits, and in PostgreSQL, a row for each message, from the commit that
 * settles the message. PostgreSQL, which is authoritative, is queried first, then Redis; if the receipt moved between the
 * two queries, the third one finds it.
 * @throws {Problem} `not-found`, also for another client's receipt; `queue-unavailable` if it is not settled and Redis
 * is unreachable
 */
export async function getReceipt(
  call: Call<ReceiptStores, typeof contract.getReceipt>,
): Promise<ApiResponse> {
  const { deps, caller } = call;
  const id = call.params.receipt_id;
  const receipt = isUuid(id) ? await findAnywhere(deps, caller, id) : undefined;
  if (!receipt || !(caller.admin || receipt.client_id === caller.clientId))
    throw new Problem("not-found", "The receipt does not exist.");
  const { accepted, stored, duplicates, quarantined } = receipt;
  return json(200, {
    receipt_id: id,
    received_at: shortenTime(receipt.received_at),
    accepted,
    stored,
    duplicates,
    quarantined,
    pending: accepted - stored - duplicates - quarantined,
    completed_at: receipt.completed_at === null ? null : shortenTime(receipt.completed_at),
  });
}

async function findAnywhere(deps: ReceiptStores, caller: Caller, id: string): Promise<Receipt | undefined> {
  const first = await findReceipt(deps.sql, id);
  if (first && isWhole(first)) return first;
  const pending = await findPending(deps, caller, id);
  // If Redis does not have it, all that the queue took has been settled, perhaps since the first query.
  if (!pending) return findReceipt(deps.sql, id);
  if (!first) return pending;
  return first.accepted < pending.accepted
    ? { ...first, accepted: pending.accepted, completed_at: null }
    : first;
}

const isWhole = ({ settled_parts, parts }: ReceiptRow): boolean => settled_parts >= parts;

/** Reads a pending receipt from the note in the client's shard. */
async function findPending(
  { redis, shards }: ReceiptStores,
  caller: Caller,
  id: string,
): Promise<Receipt | undefined> {
  const places = caller.admin || caller.clientId === null ? shards.all : [shards.of(caller.clientId)];
  const texts = await Promise.all(places.map(({ receipts }) => redis.hget(receipts, id))).catch(
    outage("queue"),
  );
  const text = texts.find((found) => found !== null) ?? undefined;
  if (text === undefined) return undefined;
  const { clientId = "", receivedAt, events } = parseNote(text);
  return {
    client_id: clientId,
    received_at: new Date(receivedAt).toISOString(),
    completed_at: null,
    accepted: events,
    stored: 0,
    duplicates: 0,
    quarantined: 0,
  };
}
