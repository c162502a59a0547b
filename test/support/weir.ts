import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { testDeps } from "./servers/deps.ts";
import { tempFolder } from "./servers/temp-folder.ts";

/** The command line as it runs without a build. */
export const script = fileURLToPath(new URL("../../bin/weir.ts", import.meta.url));

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** In place of the user's own profiles and states. */
const home = await tempFolder("home");
export const cliHome = {
  HOME: home,
  XDG_CONFIG_HOME: join(home, "config"),
  XDG_STATE_HOME: join(home, "state"),
};

/** Runs the command line. @param env the environment, besides the user's folders @param input standard input */
export async function weir(
  words: readonly string[],
  env: Record<string, string>,
  input = "",
  cwd = home,
): Promise<Outcome> {
  const child = spawn(process.execPath, [script, ...words], { env: { ...cliHome, ...env }, cwd });
  child.stdin.end(input);
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, out, err: err.trim() };
}

/** The command line with a separate system. */
export async function weirCli() {
  const deps = await testDeps();
  /** The servers' settings. */
  const servers: Record<string, string> = {
    DATABASE_URL: deps.config.databaseUrl,
    REDIS_URL: deps.config.redisUrl,
  };
  /** The system's folder, initially empty. */
  const folder = await tempFolder("cli");
  const run = async (words: readonly string[], { env = servers, input = "" } = {}): Promise<Outcome> => {
    const { out, ...others } = await weir(words, { WEIR_DATA_DIR: folder, ...env }, input);
    return { ...others, out: out.trim() };
  };
  /** Returns the result of a command that must succeed. */
  const json = async <T>(...words: string[]): Promise<T> => {
    const { code, out, err } = await run([...words, "--json"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return JSON.parse(out) as T;
  };
  return { deps, servers, folder, weir: run, json };
}

export type Cli = Awaited<ReturnType<typeof weirCli>>;
