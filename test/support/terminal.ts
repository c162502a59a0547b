/** A program in a real pseudo-terminal. */
import { type IPty, spawn } from "@lydell/node-pty";
import { expect } from "vitest";
import { atEnd } from "./cleanup.ts";

const POLL = { timeout: 45_000, interval: 50 };

export interface Terminal {
  pty: IPty;
  /** Everything that the program wrote, as it is. */
  output(): string;
  /** Waits until the output matches. */
  shows(pattern: RegExp): Promise<void>;
  /** Resolves with the exit code. */
  ended: Promise<number>;
}

/** Starts a program. @param env its complete environment */
export function inTerminal(
  file: string,
  words: readonly string[],
  { env, cwd, columns = 100 }: { env: Record<string, string>; cwd: string; columns?: number },
): Terminal {
  const pty = spawn(file, [...words], {
    name: env.TERM ?? "xterm-256color",
    cols: columns,
    rows: 30,
    cwd,
    env,
  });
  let text = "";
  pty.onData((data) => {
    text += data;
  });
  let isOver = false;
  const ended = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode }) => {
      isOver = true;
      resolve(exitCode);
    });
  });
  atEnd(() => {
    if (!isOver) pty.kill("SIGKILL");
  });
  return {
    pty,
    output: () => text,
    shows: (pattern) => expect.poll(() => text, POLL).toMatch(pattern),
    ended,
  };
}

/** Text as a person reads it: without colours and movements of the cursor. */
export const readable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of a terminal are control characters
  text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "").replaceAll("\r", "");
