/** What was measured, as Markdown for people and JSON for programs. No figure is entered by hand. */
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";

export interface Section {
  title: string;
  /** Paragraphs. */
  text: string[];
  tables: { head: string[]; rows: string[][] }[];
  data: object;
}

const folder = new URL("./", import.meta.url);

export async function writeReport(sections: readonly Section[]): Promise<void> {
  const machine = {
    date: new Date().toISOString().slice(0, 10),
    processor: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    commit: git("rev-parse", "--short", "HEAD"),
  };
  const head = [
    "# Results",
    "",
    "Written by `npm run bench`; what is measured how stands in `bench/`. PostgreSQL and Redis have the settings that",
    "`npm start` gives them (fsync on, append-only file every second).",
    "",
    `${machine.date}, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, shared with other work; Node.js ${machine.node}, at \`${machine.commit}\`.`,
  ];
  const body = sections.flatMap(({ title, text, tables }) => [
    "",
    `## ${title}`,
    ...text.flatMap((paragraph) => ["", paragraph]),
    ...tables.flatMap(({ head: names, rows }) => [
      "",
      line(names),
      line(names.map(() => "---")),
      ...rows.map(line),
    ]),
  ]);
  await writeFile(new URL("RESULTS.md", folder), `${[...head, ...body].join("\n")}\n`);
  const results = Object.fromEntries(sections.map(({ title, data }) => [title.toLowerCase(), data]));
  await writeFile(new URL("results.json", folder), `${JSON.stringify({ machine, ...results }, null, 2)}\n`);
  console.log("Written to bench/RESULTS.md and bench/results.json.");
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function git(...words: string[]): string {
  try {
    return execFileSync("git", words, { cwd: folder, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
