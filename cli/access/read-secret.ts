import { text } from "node:stream/consumers";

/**
 * Reads a secret: from a prompt that does not show it if standard input is a terminal, otherwise from standard input. Never
 * from an argument, which other users of the machine could see.
 */
export async function readSecret(message: string): Promise<string> {
  if (!process.stdin.isTTY) return (await text(process.stdin)).replace(/\r?\n$/, "");
  const { default: password } = await import("@inquirer/password");
  // The prompt goes to standard error: standard output may be a file.
  return (await password({ message, mask: "*" }, { output: process.stderr })).trim();
}
