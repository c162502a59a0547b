/** Installs LocalStack from PyPI into its own virtual environment. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** Python versions for which every package in localstack/requirements.txt has a wheel. */
const PYTHONS = ["python3", "python3.13", "python3.12", "python3.11"];
const CHECK_VERSION = "import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))";
const HOW_TO_GET_IT =
  "LocalStack needs Python 3.11, 3.12 or 3.13 with venv and found none on the PATH. Install one (`brew install " +
  "python@3.13`, `sudo apt install python3-venv`), or use the container: `docker compose up localstack`.";

/** Folder of the project's files for LocalStack: start script, pinned versions, and scripts run when it is ready. */
export const LOCALSTACK_FILES = fileURLToPath(new URL("../localstack", import.meta.url));

export interface InstallOptions {
  venvDir: string;
  /** Called before anything is installed. */
  log: (line: string) => void;
  /** Aborts the installation. */
  signal?: AbortSignal;
}

/**
 * Installs LocalStack into `venvDir` if it is missing or the pinned versions have changed.
 * @returns path of the environment's Python
 * @throws with one sentence on how to get Python, or with pip's last lines
 */
export async function ensureLocalStack({ venvDir, log, signal }: InstallOptions): Promise<string> {
  const folder = resolve(venvDir);
  const requirements = join(LOCALSTACK_FILES, "requirements.txt");
  const pins = await readFile(requirements);
  const marker = join(folder, "weir-installed");
  const wanted = createHash("sha256").update(pins).digest("hex");
  const python = join(folder, "bin", "python");
  if ((await readFile(marker, "utf8").catch(() => "")) === wanted && (await succeeds(python, ["--version"])))
    return python;
  const base = await findPython();
  log(`Installing LocalStack from PyPI into ${folder} (once; 530 MB, about a minute) …`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run(base, ["-m", "venv", folder], signal);
  const words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements];
  await run(python, words, signal);
  await writeFile(marker, wanted);
  return python;
}

async function findPython(): Promise<string> {
  for (const command of PYTHONS) if (await succeeds(command, ["-c", CHECK_VERSION])) return command;
  throw new Error(HOW_TO_GET_IT);
}

const succeeds = (command: string, words: readonly string[]): Promise<boolean> =>
  run(command, words).then(
    () => true,
    () => false,
  );

const run = (command: string, words: readonly string[], signal?: AbortSignal): Promise<void> =>
  new Promise((done, reject) => {
    execFile(command, words, { maxBuffer: 64 * 1_048_576, signal }, (error, stdout, stderr) => {
      if (error === null) return done();
      const said = `${stdout}${stderr}`.trimEnd().split("\n").slice(-15).join("\n");
      reject(new Error(`${command} ${words.join(" ")} failed:\n${said || error.message}`));
    });
  });
