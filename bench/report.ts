/**
 * What was measured: results.json for programs, RESULTS.md and pictures for people. The last two are made from the first
 * alone, and a run of some parts keeps what it has of the others. No figure is entered by hand.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { toSvg } from "./chart.ts";
import type { Machine } from "./machine.ts";
import type { Figure, Goal, Section, Table } from "./part.ts";
import { median, spread } from "./statistics.ts";

/** A section with where and when it was measured. */
export interface Entry extends Section {
  machine: Machine;
  repeats: number;
  took: number;
  /** How it compares with the run before, where there was one on such a machine. */
  agreement?: Agreement;
}

export interface Agreement {
  /** Figures that both runs have. */
  figures: number;
  /** Those whose median lies outside of the spread of the run before, and the other way round. */
  apart: { name: string; before: number; now: number; unit: string }[];
}

export type Results = Record<string, Entry>;

const folder = new URL("./", import.meta.url);
const file = (name: string): URL => new URL(name, folder);

export async function readResults(): Promise<Results> {
  const text = await readFile(file("results.json"), "utf8").catch(() => "{}");
  return JSON.parse(text) as Results;
}

/** @param order of the parts in the report */
export async function writeResults(results: Results, order: readonly string[]): Promise<void> {
  const known = order.flatMap((name) => {
    const entry = results[name];
    if (!entry) return [];
    const { files: _files, ...kept } = entry;
    return [[name, kept] as const];
  });
  await writeFile(file("results.json"), `${JSON.stringify(Object.fromEntries(known), null, 1)}\n`);
  await writeFile(file("RESULTS.md"), toMarkdown(known.map(([, entry]) => entry)));
  await rm(file("pictures"), { recursive: true, force: true });
  await mkdir(file("pictures"));
  for (const [, { charts }] of known)
    for (const chart of charts) await writeFile(file(`pictures/${chart.file}.svg`), toSvg(chart));
  const files = Object.values(results).flatMap((entry) => Object.entries(entry.files ?? {}));
  for (const [path, text] of files) {
    await mkdir(new URL("./", file(path)), { recursive: true });
    await writeFile(file(path), text);
  }
}

/**
 * Two runs agree about a figure where the ranges of their repeats touch. Medians may lie outside of the other's range and
 * the runs still agree; three repeats of the same thing do so often.
 */
export function compare(before: Section | undefined, now: Section): Agreement | undefined {
  if (!before) return undefined;
  const names = Object.keys(now.figures).filter((name) => name in before.figures);
  if (names.length === 0) return undefined;
  const apart = names.flatMap((name) => {
    const [a, b] = [before.figures[name], now.figures[name]] as [Figure, Figure];
    if (touch(spread(a.values), spread(b.values))) return [];
    return [{ name, before: median(a.values), now: median(b.values), unit: b.unit }];
  });
  return { figures: names.length, apart };
}

const touch = (a: [number, number], b: [number, number]): boolean => a[0] <= b[1] && b[0] <= a[1];

export function toMarkdown(entries: readonly Entry[]): string {
  const goals = entries.flatMap((entry) => entry.goals);
  const lines = [
    "# Results",
    "",
    "Written by `npm run bench`; what is measured how stands in `bench/`. Figures are medians of the repeats, with the",
    "lowest and the highest of them in brackets. Contenders of a part are measured in turn, so that drift hits all alike.",
    "",
    "## What was to be reached",
    "",
    ...table({
      head: ["what", "reach", "got", "reached"],
      rows: goals.map(({ what, reach, got, reached }) => [what, reach, got, reached ? "yes" : "**no**"]),
    }),
    ...whys(goals),
    ...entries.flatMap(describe),
  ];
  return `${lines.join("\n")}\n`;
}

/** What stands in the way of the goals that were not reached, each reason once. */
function whys(goals: readonly Goal[]): string[] {
  const missed = goals.filter(({ reached, why }) => !reached && why !== undefined);
  const byReason = Map.groupBy(missed, ({ why }) => why);
  if (byReason.size === 0) return [];
  const items = [...byReason].map(([why, all]) => `- *${all.map(({ what }) => what).join("; ")}*: ${why}`);
  return ["", "What stands in the way:", "", ...items];
}

function describe(entry: Entry): string[] {
  const { title, text, tables, charts, agreement } = entry;
  return [
    "",
    `## ${title}`,
    ...text.flatMap((paragraph) => ["", paragraph]),
    ...tables.flatMap((one) => ["", ...(one.caption ? [one.caption, ""] : []), ...table(one)]),
    ...charts.flatMap((chart) => ["", `![${chart.title}](pictures/${chart.file}.svg)`]),
    "",
    ...(agreement ? [describeAgreement(agreement), ""] : []),
    describeMachine(entry),
  ];
}

function describeMachine({ machine, repeats, took }: Entry): string {
  const settings = Object.entries(machine.settings).map(([name, value]) => `${name} ${value}`);
  return [
    `<sub>${machine.date}, ${repeats} repeats, ${Math.round(took)} s, at \`${machine.commit}\`. ${machine.processor},`,
    `${machine.cores} cores, ${machine.memoryGiB} GiB, load before it ${machine.loadBefore};`,
    `Node.js ${machine.node}, PostgreSQL ${machine.postgres}, Redis ${machine.redis}; ${settings.join(", ")}.</sub>`,
  ].join(" ");
}

function describeAgreement({ figures, apart }: Agreement): string {
  const agreed = `The run before agrees in ${figures - apart.length} of ${figures} figures: the ranges of their repeats touch.`;
  if (apart.length === 0) return agreed;
  const list = apart
    .slice(0, MOST_NAMED)
    .map(({ name, before, now, unit }) => `${name} (${brief(before)} then, ${brief(now)} now, ${unit})`);
  const more = apart.length > MOST_NAMED ? `; and ${apart.length - MOST_NAMED} more` : "";
  return `${agreed} Apart are: ${list.join("; ")}${more}.`;
}

const MOST_NAMED = 10;
const brief = (value: number): string => value.toLocaleString("en", { maximumSignificantDigits: 3 });

const table = ({ head, rows }: Table): string[] => [
  line(head),
  line(head.map(() => "---")),
  ...rows.map(line),
];
const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
