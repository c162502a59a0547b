import { Command } from "commander";
import type { Result } from "../../../sdk/typescript/src/node.ts";
import type { Api } from "../../api/api.ts";
import { requestId as isRequestId } from "../../options/parsers.ts";
import { addRange, type RangeOptions, rangeOf } from "../../options/range.ts";
import { Output } from "../../output/output.ts";
import { withSystem } from "../../system.ts";

interface Options extends RangeOptions {
  address?: string;
  userAgent?: string;
  client?: string;
  requestId?: string;
}

/** `weir audit erase`: erases the personal data of calls. */
export const eraseCommand = (): Command =>
  addRange(
    new Command("erase")
      .description("erase the address and user agent of calls; the calls themselves stay and still verify")
      .option("--address <address>", "calls from this address")
      .option("--user-agent <text>", "calls with exactly this user agent")
      .option("--client <id>", "calls with this client's keys")
      .option("--request-id <id>", "only this call", isRequestId),
    "calls",
  ).action(erase);

async function erase(
  { address, userAgent, client, requestId, ...range }: Options,
  command: Command,
): Promise<void> {
  const output = new Output(command);
  const criteria = {
    ...(address !== undefined && { address }),
    ...(userAgent !== undefined && { user_agent: userAgent }),
    ...(client !== undefined && { client }),
    ...(requestId !== undefined && { request_id: requestId }),
    ...rangeOf(range, output.zone),
  };
  const need = { scope: "admin", servers: true } as const;
  const result = await withSystem(command, need, (api) => eraseAll(api, criteria));
  const rest =
    "Calls that are still in the queue were not erased: run this command again when the queue is empty.";
  await output.print(result, () => [
    `Erased the address and user agent of ${result.erased} calls.`,
    ...(result.complete ? [] : [rest]),
  ]);
}

/** A call works for a limited time: repeats it until everything is erased. */
async function eraseAll(api: Api, criteria: { start?: string }) {
  let erased = 0;
  let next: string | null | undefined = criteria.start;
  for (;;) {
    const body: object = { ...criteria, ...(next !== undefined && { start: next }) };
    // The server checks that it has one of the criteria.
    const round: Result<"eraseAudit"> = await api.call("eraseAudit", { body: body as never });
    erased += round.erased;
    if (round.next_start === null) return { erased, complete: round.complete };
    next = round.next_start;
  }
}
