/** The examples of a page: commands, and what they print. */

export interface Example {
  command: string;
  /** Standard output and standard error together. */
  output: string;
}

const BLOCK = /```console\n([\s\S]*?)```/g;

/** All examples of a page in their order: lines that begin with `$ `, and the lines up to the next one. */
export const examplesIn = (page: string): Example[] =>
  [...page.matchAll(BLOCK)].flatMap(([, text = ""]) =>
    text
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = "", ...lines] = part.split("\n");
        return { command, output: lines.join("\n").trimEnd() };
      }),
  );

/** The page with other outputs, in the order of its examples. */
export function withOutputs(page: string, outputs: readonly string[]): string {
  let next = 0;
  return page.replaceAll(BLOCK, (_, text: string) => {
    const parts = text
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const output = outputs[next++] ?? "";
        return `$ ${part.split("\n")[0]}\n${output === "" ? "" : `${output}\n`}`;
      });
    return `\`\`\`console\n${parts.join("")}\`\`\``;
  });
}

/** What differs from run to run, and the text that replaces it. */
const VARYING: [RegExp, string][] = [
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "<id>"],
  // The data of the examples is of 1 and 2 November 2026.
  [/\b(?!2026-11-0[12])\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>"],
  [/http:\/\/127\.0\.0\.1:\d+/g, "<url>"],
  [/\bweir_[\w-]+…?/g, "<key>"],
  [/\bwhsec_[\w+/=]*…?/g, "<secret>"],
  [/\bk_?[a-z0-9]{8,}\b/g, "<key id>"],
  [/\bs[0-9a-hjkmnp-tv-z]{12}\b/g, "<secret id>"],
  [/--after [\w-]{10,}/g, "--after <cursor>"],
  [/("processing_latency_ms":)\d+|(processing_latency_ms +)\d+/g, "$1$2<n>"],
  [/\d+(?:\.\d+)? ms\b/g, "<n> ms"],
  [/\d+ entries, [\d.]+ MB/g, "<n> entries"],
  [/\d+ events, [\d.]+ MB/g, "<n> events"],
  [/[\d,]+ entries in [\d,]+ seals, \d+ checkpoints/g, "<n> entries"],
  [/checkpoint is \d+/g, "checkpoint is <n>"],
  [/seal \d+ of lane \d+/g, "seal <n>"],
  // A checkpoint is made every minute.
  [/There is no checkpoint after the entry's seal yet\./g, "<checkpoint>"],
  [/Checkpoint \d+, made at <time>, includes it\.\nIts signature was not checked.*$/gm, "<checkpoint>"],
  [/("key_id": ")\w+/g, "$1<key id>"],
  [/^(age of the oldest|calls without an audit entry|events stored per second) .*$/gm, "$1 <n>"],
  [/(200|201|202|204)\s+\d+(\s+127\.0\.0\.1)/g, "$1 <n>$2"],
  // The servers of the tests have settings that lose data, for speed.
  [/\d+ checks: \d+ errors, \d+ warnings/g, "<n> checks"],
  // Columns are as wide as their widest cell.
  [/ {2,}/g, " "],
];

/** A text without what differs from run to run. */
export const normalized = (text: string): string =>
  VARYING.reduce((all, [pattern, replacement]) => all.replaceAll(pattern, replacement), text)
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .trim();
