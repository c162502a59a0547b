/** Records commands that do not use HTTP in the audit log, each like a call. */

import { uuidv7 } from "../../base/ids.ts";
import type { Log } from "../../base/log.ts";
import type { Changed } from "../../http/call.ts";
import { toProblem } from "../../http/errors.ts";
import type { Database } from "../../postgres/client.ts";
import { transaction } from "../../postgres/transaction.ts";
import type { AuditCall, AuditHeader } from "../../queue/message.ts";
import type { Queue } from "../../queue/port.ts";
import type { Change } from "../../trail/entry.ts";
import { logAudit, sendAudit } from "./queue-row.ts";
import { auditHeader, storableText } from "./row.ts";
import { sealAudit } from "./seal.ts";
import type { Unqueued } from "./unqueued.ts";

interface Command {
  /** For example `client create`; becomes route and path of the entry. */
  name: string;
  /** `CLI` for the command line, `INVOKE` for a function that is invoked by hand. */
  method: "CLI" | "INVOKE";
  /** The program, and the user who runs it; null if unknown. */
  userAgent: string | null;
}

/** Maximum time that a command waits for the queue, in milliseconds. */
const QUEUE_MS = 5_000;

/**
 * Runs a command and records it through the queue, whatever its outcome.
 * @param log receives the row if the queue does not accept it
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

/** Like `recorded`, for a command that has a database but may have no queue. */
export const recordedInDatabase = <T>(
  { sql }: { sql: Database },
  command: Command,
  run: (changed: Changed) => Promise<T>,
): Promise<T> => around(command, run, (row) => transaction(sql, (tx) => sealAudit(tx, [row])));

async function around<T>(
  command: Command,
  run: (changed: Changed) => Promise<T>,
  write: (row: AuditHeader) => Promise<void>,
): Promise<T> {
  const receivedAt = Date.now();
  const id = uuidv7(receivedAt);
  let change: Change | undefined;
  const rowOf = (status: number): AuditHeader =>
    auditHeader({ id, receivedAt }, toCall(command), { caller: NO_CALLER, status, bytesOut: 0, change });
  let result: T;
  try {
    result = await run((one) => {
      change = one;
    });
  } catch (error) {
    // The command's error matters more than a failure to record it.
    await write(rowOf(toProblem(error).status)).catch(() => {});
    throw error;
  }
  await write(rowOf(200));
  return result;
}

const NO_CALLER = { clientId: null, keyPrefix: null };

const toCall = ({ name, method, userAgent }: Command): AuditCall => ({
  method,
  route: name,
  path: name,
  address: null,
  user_agent: userAgent && storableText(userAgent),
  bytes_in: 0,
});
