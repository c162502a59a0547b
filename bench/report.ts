/** What was measured, as Markdown for people and JSON for programs. No figure is entered by hand. */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, totalmem } from "node:os";

export interface Section {
  title: string;
  /** Paragraphs. */
  text: string[];
  tables: { head: string[]; rows: string[][] }[];
  data: object;
}

const folder = new URL("./", import.meta.url);
const RESULTS = new URL("RESULTS.md", folder);
const DATA = new URL("results.json", folder);

/** Sections that were not measured now stay as they are, with the machine of their own run. */
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
  ];
  const ofRun = `${machine.date}, ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, shared with other work; Node.js ${machine.node}, at \`${machine.commit}\`.`;
  const known = await readSections();
  for (const { title, text, tables } of sections)
    known.set(title, [
      `## ${title}`,
      ...[ofRun, ...text].flatMap((paragraph) => ["", paragraph]),
      ...tables.flatMap(({ head: names, rows }) => [
        "",
        line(names),
        line(names.map(() => "---")),
        ...rows.map(line),
      ]),
    ]);
  const body = [...known.values()].flatMap((lines) => ["", ...lines]);
  await writeFile(RESULTS, `${[...head, ...body].join("\n")}\n`);
  const results = JSON.parse(await readFile(DATA, "utf8").catch(() => "{}"));
  for (const { title, data } of sections) results[title.toLowerCase()] = { machine, ...data };
  await writeFile(DATA, `${JSON.stringify(results, null, 2)}\n`);
  console.log("Written to bench/RESULTS.md and bench/results.json.");
}

/** Lines of each section that was written before, by its title. */
async function readSections(): Promise<Map<string, string[]>> {
  const [, ...parts] = (await readFile(RESULTS, "utf8").catch(() => "")).split(/^## /m);
  return new Map(
    parts.map((part) => {
      const [title = "", ...rest] = part.trimEnd().split("\n");
      return [title, [`## ${title}`, ...rest]];
    }),
  );
}

const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function git(...words: string[]): string {
  try {
    return execFileSync("git", words, { cwd: folder, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
