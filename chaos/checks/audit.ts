/** Checks that every answered call is in the audit log once, and that the audit trail is valid. */
import { type Evidence, type Finding, mayBeLost } from "./evidence.ts";

export function checkAudit({ ledger, told, audit, losses }: Evidence): Finding {
  const calls = checkCalls({ ledger, audit, losses });
  const violations = [...calls.violations, ...checkMissing(audit)];
  const { missing } = told.pipeline.audit;
  if (missing !== audit.after.missing.size)
    violations.push(
      `the API says audit.missing ${missing}, but ${audit.after.missing.size} rows are missing`,
    );
  if (!told.verified.valid) violations.push(`the audit is not valid: ${JSON.stringify(told.verified)}`);
  const notes = [
    audit.logged.size > 0 && `${audit.logged.size} rows recovered from logs`,
    calls.otherwise > 0 && `${calls.otherwise} rows have Redis' decision, whose reply was lost`,
    losses.length > 0 && `declared loss: ${calls.declared} rows`,
  ].filter(Boolean);
  return {
    name: "audit complete and valid",
    checked: calls.checked,
    violations,
    ...(notes.length > 0 && { note: notes.join("; ") }),
  };
}

/** Each call that got an answer has its row. */
function checkCalls({ ledger, audit, losses }: Pick<Evidence, "ledger" | "audit" | "losses">) {
  const result = { checked: 0, declared: 0, otherwise: 0, violations: [] as string[] };
  for (const { requestId, status, path, startedAt } of ledger.calls) {
    if (requestId === undefined || status === 0) continue;
    result.checked++;
    const row = audit.after.rows.get(requestId);
    if (row === undefined) {
      if (mayBeLost(losses, startedAt)) result.declared++;
      else result.violations.push(`no audit row for ${requestId}: ${path} returned ${status}`);
      continue;
    }
    if (row.count > 1) result.violations.push(`${row.count} audit rows for ${requestId}`);
    if (row.status === status) continue;
    // Redis decided on the request, but its reply was lost: the caller got 503, and the row says 202 or 429.
    if (status >= 500) result.otherwise++;
    else result.violations.push(`${requestId} returned ${status}, but its audit row says ${row.status}`);
  }
  return result;
}

/** Checks the API's number of missing rows, and that each is in a log, and in the audit log after recovery. */
function checkMissing({ before, after, logged, toldBefore }: Evidence["audit"]): string[] {
  const violations: string[] = [];
  if (toldBefore !== before.missing.size)
    violations.push(`the API said audit.missing ${toldBefore}, but ${before.missing.size} rows were missing`);
  for (const id of before.missing)
    if (!logged.has(id)) violations.push(`reported as missing, but not in any log: ${id}`);
  for (const id of after.missing) violations.push(`still missing after recovery: ${id}`);
  return violations;
}

/** Checks that no client got a response that it must never get. */
export function checkAnswers({ ledger, made }: Pick<Evidence, "ledger" | "made">): Finding {
  const forgot = made.filter(({ forgets }) => forgets).map(({ from }) => from);
  const conflicts = ledger.conflicts.filter(({ startedAt }) => startedAt < Math.min(...forgot));
  const violations = [
    ...ledger.complaints,
    ...conflicts.map(({ name }) => `a resent event got event-conflict: ${name}`),
  ];
  return { name: "responses are valid", checked: ledger.calls.length, violations };
}
