import { Command } from "commander";
import type { Finding } from "../../lib/doctor/finding.ts";
import { exitCodes } from "../exit-codes.ts";
import { Output } from "../output/output.ts";
import { type Column, Table } from "../output/table.ts";

const MARKS = { ok: "ok", warning: "warn", error: "ERROR" } as const;
const STYLES = { ok: "green", warning: "yellow", error: "red" } as const;

/** `weir doctor`: what is wrong with a set-up, and how to mend it. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description(
      "say what is wrong with the servers, and how to mend it; needs DATABASE_URL and REDIS_URL, or `npm start`",
    )
    .option("--all", "also list what is right")
    .addHelpText(
      "after",
      "\nExit codes: 0 if nothing is wrong (there may be warnings), 1 if something is, 2 if the settings are invalid.",
    )
    .action(report);
}

async function report({ all }: { all?: boolean }, command: Command): Promise<void> {
  const output = new Output(command);
  const { examineServers } = await import("../servers/examine.ts");
  const findings = await examineServers();
  await output.print(findings, () => toLines(findings, all === true, output));
  if (findings.some(({ state }) => state === "error")) process.exitCode = exitCodes.failed;
}

function toLines(findings: readonly Finding[], all: boolean, output: Output): string[] {
  const shown = findings.filter(({ state }) => all || state !== "ok");
  const columns: Column<Finding>[] = [
    { head: "", of: ({ state }) => MARKS[state], style: ({ state }) => STYLES[state] },
    { head: "server", of: ({ server }) => server },
    { head: "check", of: ({ check }) => check },
    { head: "found", of: ({ found }) => found },
    { head: "what to do", of: ({ advice }) => advice ?? "" },
  ];
  const count = (state: Finding["state"]): number => findings.filter((one) => one.state === state).length;
  const sum = `${findings.length} checks: ${count("error")} errors, ${count("warning")} warnings.`;
  // What to do is never cut.
  const whole = { ...output.style, width: undefined };
  return shown.length === 0 ? [sum] : [...new Table(columns, whole).lines(shown), "", sum];
}
