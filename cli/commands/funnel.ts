import { Command, InvalidArgumentError } from "commander";
import type { Result } from "../../sdk/typescript/src/node.ts";
import { usageError } from "../errors.ts";
import { condition, duration } from "../options/parsers.ts";
import { addRange, type RangeOptions, rangeOf } from "../options/range.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { withSystem } from "../system.ts";

interface Step {
  event_type: string;
  where?: string[];
}

interface Options extends RangeOptions {
  key: string;
  window: number;
  step: Step[];
  client?: string;
}

/** `weir funnel`: how many keys reached each step of a sequence. */
export const funnelCommand = (): Command =>
  addRange(new Command("funnel").description("count how many keys reached each step of a sequence"), "events")
    .requiredOption("--key <property>", "whose values go through the steps, such as payload.user.id")
    .requiredOption(
      "--step <step>",
      "an event type, or 'TYPE where CONDITION and CONDITION'; two to eight times",
      step,
    )
    .option("--window <duration>", "longest time from the first step to the last", duration, 604_800)
    .option("--client <id>", "only this client's events, for an administrator's key")
    .addHelpText(
      "after",
      "\nExample:\n  weir funnel --key payload.user --step signup --step 'order where payload.amount>=100'",
    )
    .action(funnel);

/** Reads `TYPE where CONDITION and CONDITION`. */
function step(text: string, before: readonly Step[] = []): Step[] {
  const [, type = "", conditions] = /^\s*(.*?)(?:\s+where\s+(.*))?$/s.exec(text) ?? [];
  if (type === "") throw new InvalidArgumentError("It must begin with an event type.");
  const where = conditions?.split(/\s+and\s+/).flatMap((one) => condition(one));
  return [...before, { event_type: type, ...(where && { where }) }];
}

type Reached = Result<"getFunnel">["steps"][number];

async function funnel(
  { key, window, step: steps, client, ...range }: Options,
  command: Command,
): Promise<void> {
  if (steps.length < 2 || steps.length > 8) throw usageError("Specify --step two to eight times.");
  const output = new Output(command);
  const body = {
    key,
    window_seconds: window,
    steps,
    ...(client !== undefined && { client }),
    ...rangeOf(range, output.zone),
  };
  const result = await withSystem(command, { scope: "read" }, (api) => api.call("getFunnel", { body }));
  const columns: Column<Reached & { step: number }>[] = [
    { head: "STEP", of: (one) => one.step, right: true },
    { head: "TYPE", of: ({ event_type }) => event_type },
    { head: "KEYS", of: ({ count }) => count, right: true },
    { head: "OF FIRST", of: ({ conversion }) => percent(conversion), right: true },
    { head: "OF PREVIOUS", of: ({ step_conversion }) => percent(step_conversion), right: true },
  ];
  const rows = result.steps.map((one, index) => ({ ...one, step: index + 1 }));
  await output.print(result, () => output.table(columns, rows));
}

const percent = (share: number | null): string | null =>
  share === null ? null : `${(share * 100).toFixed(1)} %`;
