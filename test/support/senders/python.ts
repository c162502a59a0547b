/** A sender in Python: a program that sends until its standard input ends, and then prints what it did. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import type { Run, Sender } from "./run.ts";

/** @param program its arguments are the URL and the key @throws with its errors, if it fails */
export const pythonSender =
  (python: string, program: string): Sender =>
  async ({ url, secret }, goOn) => {
    const child = spawn(python, [program, url, secret]);
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const output = Promise.all([text(child.stdout), text(child.stderr), ended]);
    while (goOn() && child.exitCode === null) await sleep(20);
    child.stdin.end();
    const [out, errors, code] = await output;
    if (code !== 0) throw new Error(`${program} ended with ${code}:\n${errors}`);
    return JSON.parse(out) as Run;
  };
