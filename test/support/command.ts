import { execFile } from "node:child_process";

export interface Outcome {
  code: number;
  /** Standard output and standard error, in the order of arrival. */
  output: string;
  stdout: string;
}

/** Runs a program to its end. @param env the complete environment of the program */
export function run(
  program: string,
  words: readonly string[],
  { cwd, env }: { cwd: string; env: Record<string, string | undefined> },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(program, words, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== "number") reject(error);
      else resolve({ code: Number(error?.code ?? 0), output: `${stdout}${stderr}`, stdout });
    });
  });
}

/** Like {@link run}. @throws with the program's output if it fails */
export async function mustRun(...call: Parameters<typeof run>): Promise<string> {
  const { code, output, stdout } = await run(...call);
  if (code !== 0) throw new Error(`${call[0]} ${call[1].join(" ")} ended with ${code}:\n${output}`);
  return stdout;
}
