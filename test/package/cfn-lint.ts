/** The linter for CloudFormation templates, which comes from Python's package index. */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { mustRun, run } from "./command.ts";

const VERSION = "1.51.0";
/** What osls itself writes into every template: a dependency that a reference implies already. */
const IGNORED = "W3005";

const findingsSchema = z.array(
  z.object({
    Filename: z.string(),
    Level: z.string(),
    Message: z.string(),
    Rule: z.object({ Id: z.string() }),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullish() }),
  }),
);

/** Installs it into an environment of its own, once; under `node_modules`, so that it goes with the other tools. */
export async function installCfnLint(project: string): Promise<void> {
  const folder = home(project);
  if (existsSync(join(folder, "installed"))) return;
  console.log(`Installing cfn-lint ${VERSION} (once) …`);
  const options = { cwd: project, env: process.env };
  await rm(folder, { recursive: true, force: true });
  await mainPython(["-m", "venv", folder], project);
  await mustRun(python(project), ["-m", "pip", "install", "--quiet", `cfn-lint==${VERSION}`], options);
  await mkdir(join(folder, "installed"));
}

/** @returns a line for each finding, warnings included; none for templates that are as they should be */
export async function lint(project: string, templates: readonly string[]): Promise<string[]> {
  const words = ["--format", "json", "--ignore-checks", IGNORED, "--", ...templates];
  const { output, stdout } = await run(join(home(project), "bin", "cfn-lint"), words, {
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

/** Unpacks a zip with Python's own means: Node has none. */
export async function unzip(project: string, file: string, folder: string): Promise<void> {
  await mustRun(python(project), ["-m", "zipfile", "-e", file, folder], { cwd: project, env: process.env });
}

const home = (project: string): string => join(project, "node_modules", ".cache", `cfn-lint-${VERSION}`);
const python = (project: string): string => join(home(project), "bin", "python");

async function mainPython(words: readonly string[], cwd: string): Promise<void> {
  try {
    await mustRun("python3", words, { cwd, env: process.env });
  } catch (error) {
    throw new Error(
      "The package's checks need Python 3.9 or newer as `python3`, with venv (on Debian: apt-get install python3-venv).",
      { cause: error },
    );
  }
}
