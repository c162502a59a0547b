import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { testDeps } from "./servers/deps.ts";
import { tempFolder } from "./servers/temp-folder.ts";

const script = fileURLToPath(new URL("../../bin/weir.ts", import.meta.url));

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the command line. @param env the complete environment @param input standard input */
export async function weir(
  words: readonly string[],
  env: Record<string, string>,
  input = "",
): Promise<Outcome> {
  const child = spawn(process.execPath, [script, ...words], { env });
  child.stdin.end(input);
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  return { code, out, err: err.trim() };
}

export interface Cli {
  deps: Deps;
  /** The servers' settings. */
  servers: Record<string, string>;
  /** The system's folder, initially empty. */
  folder: string;
  weir(
    words: readonly string[],
    options?: { env?: Record<string, string>; input?: string },
  ): Promise<Outcome>;
  /** Returns the result of a command that must succeed. */
  json<T>(...words: string[]): Promise<T>;
}

/** The command line with a separate system. */
export async function weirCli(): Promise<Cli> {
  const deps = await testDeps();
  const servers = { DATABASE_URL: deps.config.databaseUrl, REDIS_URL: deps.config.redisUrl };
  const folder = await tempFolder("cli");
  const run: Cli["weir"] = async (words, { env = servers, input = "" } = {}) => {
    const { out, ...others } = await weir(words, { WEIR_DATA_DIR: folder, ...env }, input);
    return { ...others, out: out.trim() };
  };
  const json = async <T>(...words: string[]): Promise<T> => {
    const { code, out, err } = await run([...words, "--json"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return JSON.parse(out) as T;
  };
  return { deps, servers, folder, weir: run, json };
}
