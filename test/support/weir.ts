import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../bin/weir.ts", import.meta.url));

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the command line with these words. @param env all there is @param input what it finds on standard input */
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
