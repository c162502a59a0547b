import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { expect } from "vitest";
import { atEnd } from "../cleanup.ts";

export interface Child {
  process: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  /** Waits until it has printed this; fails if it ends before. */
  says(text: string, timeout?: number): Promise<void>;
  /** Its exit code, or null if a signal ended it. */
  ended: Promise<number | null>;
  /** Sends SIGKILL, and waits until it has ended. */
  kill(): Promise<void>;
}

/** Starts a program, killed after the file's tests. */
export function startChild(
  program: string,
  words: readonly string[],
  options: Pick<SpawnOptions, "env" | "cwd" | "detached">,
): Child {
  const child = spawn(program, words, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
    });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await ended;
  };
  atEnd(kill);
  return {
    process: child,
    output: () => printed,
    says: async (text, timeout = 20_000) => {
      await Promise.race([expect.poll(() => printed, { timeout, interval: 100 }).toContain(text), ended]);
      expect(printed).toContain(text);
    },
    ended,
    kill,
  };
}
