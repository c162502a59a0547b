/** Every call that got an answer is in the audit, once, and the audit is valid. */
import { type Evidence, type Finding, mayBeLost } from "./evidence.ts";

export function checkAudit({ ledger, told, audit, losses }: Evidence): Finding {
  const violations: string[] = [];
  let checked = 0;
  let declared = 0;
  let otherwise = 0;
  for (const { requestId, status, path, startedAt } of ledger.calls) {
    if (requestId === undefined || status === 0) continue;
    checked++;
    const row = audit.after.rows.get(requestId);
    if (row === undefined) {
      if (mayBeLost(losses, startedAt)) declared++;
      else violations.push(`no audit row of ${requestId}: ${path} answered ${status}`);
      continue;
    }
    if (row.count > 1) violations.push(`${row.count} audit rows of ${requestId}`);
    // Where the queue took a request but its answer was lost, the caller got 503 and the row says 202.
    if (row.status === 202 && status >= 500) otherwise++;
    else if (row.status !== status)
      violations.push(`${requestId} answered ${status}, its audit row says ${row.status}`);
  }
  for (const id of audit.before.missing) {
    if (audit.before.rows.has(id)) violations.push(`named as missing, but in the audit: ${id}`);
    else if (!audit.logged.has(id)) violations.push(`named as missing, but in no log: ${id}`);
  }
  for (const id of audit.after.missing)
    violations.push(`still named as missing when it was read back in: ${id}`);
  if (told.pipeline.audit.missing !== audit.after.missing.size)
    violations.push(
      `the pipeline says audit.missing ${told.pipeline.audit.missing}, the table ${audit.after.missing.size}`,
    );
  if (!told.verified.valid) violations.push(`the audit is not valid: ${JSON.stringify(told.verified)}`);
  const note = [
    audit.logged.size > 0 && `${audit.logged.size} rows read back in from logs`,
    otherwise > 0 && `${otherwise} rows say 202 where the answer was lost`,
    losses.length > 0 && `declared loss: ${declared} rows`,
  ].filter(Boolean);
  return {
    name: "audit complete and valid",
    checked,
    violations,
    ...(note.length > 0 && { note: note.join("; ") }),
  };
}

/** No client got what none should get. */
export function checkAnswers({ ledger }: Pick<Evidence, "ledger">): Finding {
  return { name: "answers are in order", checked: ledger.calls.length, violations: [...ledger.complaints] };
}
