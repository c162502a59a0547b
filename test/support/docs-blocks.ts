/** The code of documentation pages, to be run as it is shown. */
import { readFile } from "node:fs/promises";

export interface Block {
  language: string;
  code: string;
}

/** @param page such as `otlp`, in docs/ @returns in order */
export async function blocksOf(page: string): Promise<Block[]> {
  const text = await readFile(new URL(`../../docs/${page}.md`, import.meta.url), "utf8");
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = "", code = ""]) => ({
    language,
    code,
  }));
}

/** Replaces a part of a page's code that a reader would replace too. @throws if it is not there */
export function fillIn(code: string, changes: Readonly<Record<string, string>>): string {
  let filled = code;
  for (const [part, other] of Object.entries(changes)) {
    if (!filled.includes(part)) throw new Error(`The code has no ${part}:\n${code}`);
    filled = filled.replaceAll(part, other);
  }
  return filled;
}
