/** Commands that work without HTTP, as the audit records them: as if each were a call. */

import { uuidv7 } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import type { Changed } from "../../http/call.ts";
import { toProblem } from "../../http/errors.ts";
import type { Database } from "../../postgres/client.ts";
import { transaction } from "../../postgres/transaction.ts";
import type { Queue } from "../../queue/port.ts";
import type { Change } from "../../trail/entry.ts";
import { recordable } from "./change.ts";
import { type Audited, logAudit, sendAudit } from "./queue-row.ts";
import { storableText } from "./row.ts";
import { sealAudit } from "./seal.ts";
import type { Unqueued } from "./unqueued.ts";

interface Command {
  /** Such as `client create`: route and path of the entry. */
  name: string;
  /** `CLI` at the command line, `INVOKE` for a function that somebody invokes by hand. */
  method: "CLI" | "INVOKE";
  /** With what, and as whom; null where that is not known. */
  userAgent: string | null;
}

/** How long a command waits for the queue, in milliseconds. */
const QUEUE_MS = 5_000;

/**
 * Runs a command and has it recorded through the queue, whatever comes of it.
 * @param log gets the row when the queue does not take it
 */
export async function recorded<T>(
  deps: { queue: Queue; unqueued: Unqueued },
  command: Command,
  log: Pick<Log, "error">,
  run: (changed: Changed) => Promise<T>,
): Promise<T> {
  return around(command, run, async (row) => {
    const fault = await sendAudit(deps, row, QUEUE_MS);
    if (fault) logAudit(log, row, fault);
  });
}

/** The same for a command that has the database, and perhaps no queue. */
export const recordedInDatabase = <T>(
  { sql }: { sql: Database },
  command: Command,
  run: (changed: Changed) => Promise<T>,
): Promise<T> => around(command, run, (row) => transaction(sql, (tx) => sealAudit(tx, [row])));

async function around<T>(
  command: Command,
  run: (changed: Changed) => Promise<T>,
  write: (row: Audited) => Promise<void>,
): Promise<T> {
  const at = Date.now();
  let change: Change | undefined;
  const rowOf = (status: number): Audited => toRow(command, { at, status, change });
  let result: T;
  try {
    result = await run((one) => {
      change = one;
    });
  } catch (error) {
    // What went wrong matters more than that this could not be recorded.
    await write(rowOf(toProblem(error).status)).catch(() => {});
    throw error;
  }
  await write(rowOf(200));
  return result;
}

function toRow(
  { name, method, userAgent }: Command,
  { at, status, change }: { at: number; status: number; change: Change | undefined },
): Audited {
  return {
    v: 1,
    id: uuidv7(at),
    at,
    audit: {
      method,
      route: name,
      path: name,
      address: null,
      user_agent: userAgent && storableText(userAgent),
      bytes_in: 0,
      bytes_out: 0,
      client_id: null,
      key_prefix: null,
      status,
      duration_ms: Math.max(0, Date.now() - at),
      ...(change && { change: recordable(change) }),
    },
  };
}
