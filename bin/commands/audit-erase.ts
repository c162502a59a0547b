import { Command } from "commander";
import type { Deps } from "../../lib/app/connect.ts";
import { changeOf, eraseAudit } from "../../lib/audit/erase.ts";
import { auditErasureSchema } from "../../lib/audit/erase-contract.ts";
import type { Changed } from "../../lib/http/call.ts";
import { checkBody } from "../../lib/http/validate.ts";
import { print, withAudit } from "./connect.ts";

interface Options {
  address?: string;
  userAgent?: string;
  client?: string;
  requestId?: string;
  start?: string;
  end?: string;
}

/** Duration of one round; rounds are repeated until everything is erased. */
const ROUND_MS = 60_000;

/** `weir audit erase`: erases the personal data of calls. */
export function eraseCommand(): Command {
  return new Command("erase")
    .description("erase the address and user agent of calls; the calls themselves stay and still verify")
    .option("--address <address>", "calls from this address")
    .option("--user-agent <text>", "calls with exactly this user agent")
    .option("--client <id>", "calls with this client's keys")
    .option("--request-id <id>", "only this call")
    .option("--start <time>", "calls at or after this time")
    .option("--end <time>", "calls before this time")
    .action(erase);
}

async function erase(options: Options, command: Command): Promise<void> {
  const { userAgent, requestId, ...same } = options;
  const given = {
    ...same,
    ...(userAgent !== undefined && { user_agent: userAgent }),
    ...(requestId !== undefined && { request_id: requestId }),
  };
  const result = await withAudit(command, (deps, changed) => eraseAll(deps, given, changed));
  const rest =
    "Calls that are still in the queue were not erased: run this command again when the queue is empty.";
  print(command, result, [
    `Erased the address and user agent of ${result.erased} calls.`,
    ...(result.complete ? [] : [rest]),
  ]);
}

async function eraseAll(
  deps: Deps,
  given: Record<string, string>,
  changed: Changed,
): Promise<{ erased: number; complete: boolean }> {
  const request = checkBody(auditErasureSchema, given);
  let [erased, next] = [0, given.start];
  for (;;) {
    const criteria = checkBody(auditErasureSchema, { ...given, ...(next !== undefined && { start: next }) });
    const round = await eraseAudit(deps, criteria, ROUND_MS);
    erased += round.erased;
    const result = { erased, complete: round.complete };
    changed(changeOf(request, result));
    if (round.next_start === null) return result;
    next = round.next_start;
  }
}
