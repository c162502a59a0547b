/** Command-line tools from Python's package index, each in its own virtual environment under `node_modules`. */
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { mustRun } from "./command.ts";

export interface PythonTool {
  /** The environment's Python. */
  python: string;
  /** Where the tool's commands are. */
  bin: string;
}

/**
 * Installs a tool once.
 * @param project the project's folder
 * @throws with one sentence if there is no Python, or with pip's output
 */
export async function pythonTool(project: string, name: string, version: string): Promise<PythonTool> {
  const folder = join(project, "node_modules", ".cache", `${name}-${version}`);
  const tool = { python: join(folder, "bin", "python"), bin: join(folder, "bin") };
  if (existsSync(join(folder, "installed"))) return tool;
  console.log(`Installing ${name} ${version} (once) …`);
  const options = { cwd: project, env: process.env };
  await rm(folder, { recursive: true, force: true });
  await mustRun("python3", ["-m", "venv", folder], options).catch((error: unknown) => {
    throw new Error(
      `${name} needs Python 3.9 or newer as \`python3\`, with venv (on Debian: apt-get install python3-venv).`,
      { cause: error },
    );
  });
  await mustRun(tool.python, ["-m", "pip", "install", "--quiet", `${name}==${version}`], options);
  await mkdir(join(folder, "installed"));
  return tool;
}
