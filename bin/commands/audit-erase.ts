import { userInfo } from "node:os";
import { Command } from "commander";
import { changeOf, eraseAudit } from "../../lib/audit-erasures.ts";
import { queueAudit } from "../../lib/audit-row.ts";
import { checkBody } from "../../lib/check.ts";
import { auditErasureSchema } from "../../lib/contract/erasures.ts";
import type { Deps } from "../../lib/deps.ts";
import { uuidv7 } from "../../lib/ids.ts";
import type { Change } from "../../lib/trail/entry.ts";
import { version } from "../../lib/version.ts";
import { print, withDeps } from "./connect.ts";

interface Options {
  address?: string;
  userAgent?: string;
  client?: string;
  requestId?: string;
  start?: string;
  end?: string;
}

/** How long one round works; there is one after the other until all is done. */
const ROUND_MS = 60_000;

/** `weir audit erase`: forgets who made which calls. */
export function eraseCommand(): Command {
  return new Command("erase")
    .description("forget address and user agent of calls; the calls themselves stay, and still verify")
    .option("--address <address>", "calls from this address")
    .option("--user-agent <text>", "calls with this user agent, exactly")
    .option("--client <id>", "calls with this client's keys")
    .option("--request-id <id>", "this call alone")
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
  const result = await withDeps((deps) => eraseAll(deps, given));
  const rest = "Calls that are still in the queue were not reached: run this again when it is empty.";
  print(command, result, [`Erased who made ${result.erased} calls.`, ...(result.complete ? [] : [rest])]);
}

async function eraseAll(
  deps: Deps,
  given: Record<string, string>,
): Promise<{ erased: number; complete: boolean }> {
  const startedAt = Date.now();
  const asked = checkBody(auditErasureSchema, given);
  let [erased, next] = [0, given.start];
  for (;;) {
    const criteria = checkBody(auditErasureSchema, { ...given, ...(next !== undefined && { start: next }) });
    const round = await eraseAudit(deps, criteria, ROUND_MS);
    erased += round.erased;
    if (round.next_start !== null) {
      next = round.next_start;
      continue;
    }
    const result = { erased, complete: round.complete };
    await record(deps, startedAt, changeOf(asked, result));
    return result;
  }
}

/** What is done without a call of the API is in the audit log all the same. */
async function record(deps: Deps, startedAt: number, change: Change): Promise<void> {
  const audit = {
    method: "CLI",
    route: "audit erase",
    path: "audit erase",
    address: null,
    user_agent: `weir-cli/${version} ${userInfo().username}`,
    bytes_in: 0,
    bytes_out: 0,
    client_id: null,
    key_prefix: null,
    status: 200,
    duration_ms: Date.now() - startedAt,
    change,
  };
  await queueAudit(deps, { v: 1, id: uuidv7(startedAt), at: startedAt, audit });
}
