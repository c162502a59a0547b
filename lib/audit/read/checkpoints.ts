/** Lists checkpoints as they were stored, for those who keep copies. */

import type { Call } from "../../http/call.ts";
import { decodeCursor, encodeCursor, linkNext } from "../../http/cursor.ts";
import { type ApiResponse, json } from "../../http/gateway.ts";
import type { Database, Executor } from "../../postgres/client.ts";
import type { Checkpoint } from "../../trail/checkpoint.ts";
import { parseRow } from "../checkpoint/stored.ts";
import type * as contract from "../contract.ts";
import { listCheckpoints as selectCheckpoints } from "../sql/checkpoints.ts";

const CURSOR = [(part: string) => /^\d{1,15}$/.test(part)] as const;

interface Page {
  checkpoints: Checkpoint[];
  next_cursor: string | null;
}

/**
 * Lists checkpoints, oldest first. Omits damaged ones, which verification reports.
 * @param after only checkpoints with a higher number
 */
export async function checkpointsAfter(sql: Executor, after: number, limit: number): Promise<Page> {
  // One extra row shows whether there is a next page.
  const rows = await selectCheckpoints(sql, after, Number.MAX_SAFE_INTEGER, limit + 1);
  const page = rows.slice(0, limit);
  const last = page.length < rows.length ? page.at(-1) : undefined;
  return {
    checkpoints: page.flatMap((row) => parseRow(row) ?? []),
    next_cursor: last ? encodeCursor([String(last.checkpoint)]) : null,
  };
}

/** @throws {Problem} `invalid-parameter` */
export async function listCheckpoints(
  call: Call<{ sql: Database }, typeof contract.listCheckpoints>,
): Promise<ApiResponse> {
  const { after, cursor, limit } = call.query;
  const from = cursor === undefined ? after : Number(decodeCursor(cursor, CURSOR)[0]);
  const page = await checkpointsAfter(call.deps.sql, from, limit);
  return json(200, page, linkNext(call.request, page.next_cursor));
}
