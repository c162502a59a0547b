/** The linter for CloudFormation templates, from Python's package index. */
import { join } from "node:path";
import { z } from "zod";
import { mustRun, run } from "../support/command.ts";
import { type PythonTool, pythonTool } from "../support/python-tool.ts";

const VERSION = "1.58.0";
/** Rules that are not applied, with the reason. */
export const EXCEPTIONS: Record<string, string> = {
  W3005: "osls writes dependencies that references already imply into every template",
};

const findingsSchema = z.array(
  z.object({
    Filename: z.string(),
    Level: z.string(),
    Message: z.string(),
    Rule: z.object({ Id: z.string() }),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullish() }),
  }),
);

let tool: Promise<PythonTool> | undefined;

/** Installs it once. */
export async function installCfnLint(project: string): Promise<PythonTool> {
  tool ??= pythonTool(project, "cfn-lint", VERSION);
  return tool;
}

/** @returns one line for each finding, including warnings */
export async function lint(
  project: string,
  templates: readonly string[],
  exceptions: readonly string[] = Object.keys(EXCEPTIONS),
): Promise<string[]> {
  const ignored = exceptions.flatMap((rule) => ["--ignore-checks", rule]);
  const words = ["--format", "json", ...ignored, "--", ...templates];
  const { output, stdout } = await run(join((await installCfnLint(project)).bin, "cfn-lint"), words, {
    cwd: project,
    env: process.env,
  });
  if (!stdout.trimStart().startsWith("[")) throw new Error(`cfn-lint did not run:\n${output}`);
  return findingsSchema
    .parse(JSON.parse(stdout))
    .map(
      ({ Filename, Level, Message, Rule, Location }) =>
        `${Filename}: ${Level} ${Rule.Id} at ${Location.Path?.join("/") ?? "?"}: ${Message}`,
    );
}

/** Unpacks a zip file with Python, since Node.js can't. */
export async function unzip(project: string, file: string, folder: string): Promise<void> {
  const { python } = await installCfnLint(project);
  await mustRun(python, ["-m", "zipfile", "-e", file, folder], { cwd: project, env: process.env });
}
