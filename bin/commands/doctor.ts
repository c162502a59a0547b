import { Command } from "commander";
import { examine } from "../../lib/doctor/examine.ts";
import type { Finding } from "../../lib/doctor/finding.ts";
import { print, table, withDeps } from "./connect.ts";

const MARKS = { ok: "ok", warning: "warn", error: "ERROR" } as const;

/** `weir doctor`: what is wrong with a set-up, and how to mend it. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .description("say what is wrong with this set-up, and how to mend it; exits with 1 if something is")
    .option("--all", "also list what is right")
    .addHelpText(
      "after",
      "\nExit codes: 0 if nothing is wrong (there may be warnings), 1 if something is, or the settings are invalid.",
    )
    .action(report);
}

async function report({ all }: { all?: boolean }, command: Command): Promise<void> {
  const findings = await withDeps(examine);
  print(command, findings, toLines(findings, all === true));
  if (findings.some(({ state }) => state === "error")) process.exitCode = 1;
}

function toLines(findings: readonly Finding[], all: boolean): string[] {
  const shown = findings.filter(({ state }) => all || state !== "ok");
  const rows = shown.map(({ state, server, check, found, advice }) => [
    MARKS[state],
    server,
    check,
    found,
    advice ?? "",
  ]);
  const count = (state: Finding["state"]): number => findings.filter((one) => one.state === state).length;
  const sum = `${findings.length} checks: ${count("error")} errors, ${count("warning")} warnings.`;
  return rows.length === 0
    ? [sum]
    : [...table(["", "server", "check", "found", "what to do"], rows), "", sum];
}
