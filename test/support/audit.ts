/** Entries of the audit trail, written and sealed as the worker does it. */
import { uuidv7 } from "../../lib/ids.ts";
import type { AuditRow } from "../../lib/message.ts";
import { type Audited, sealAudit } from "../../lib/seal-audit.ts";
import type { Database } from "../../lib/sql/client.ts";
import { transaction } from "../../lib/sql/transaction.ts";
import { anAuditRow } from "./pipeline.ts";

/** A call at a time, in milliseconds since the Unix epoch. @param row what differs from any other */
export const aCall = (at: number, row: Partial<AuditRow> = {}): Audited => ({
  id: uuidv7(at),
  at,
  audit: { ...(anAuditRow("shop") as AuditRow), address: "192.0.2.1", user_agent: "curl/8", ...row },
});

export const sealCalls = (sql: Database, calls: readonly Audited[]): Promise<void> =>
  transaction(sql, (tx) => sealAudit(tx, calls));
