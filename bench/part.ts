/** What a part of the bench is, and what it finds. A part is one file here; `run.ts` lists them. */
import type { Servers } from "./servers.ts";

/** Repeats of one measured quantity, in the order in which they were made. */
export interface Figure {
  unit: string;
  values: number[];
}

/** A row of design.md's section 5. */
export interface Goal {
  what: string;
  reach: string;
  got: string;
  reached: boolean;
  /** What stands in the way; told where it is not reached. */
  why?: string;
}

export interface Table {
  /** A sentence above it, if it needs one. */
  caption?: string;
  head: string[];
  rows: string[][];
}

/** A picture of lines; axes are logarithmic where `log` names them. */
export interface Chart {
  /** Name of the SVG file, without its ending. */
  file: string;
  title: string;
  x: string;
  y: string;
  log: ("x" | "y")[];
  lines: { name: string; points: [x: number, y: number][] }[];
}

export interface Section {
  title: string;
  /** Paragraphs. */
  text: string[];
  tables: Table[];
  charts: Chart[];
  goals: Goal[];
  /** By name; what is compared with the run before. */
  figures: Record<string, Figure>;
  /** Texts to be kept in a folder here, by path; not in results.json. */
  files?: Record<string, string>;
}

/** How much is measured. */
export interface Scale {
  repeats: number;
  /** Length of one repeat of one contender, in seconds. */
  seconds: number;
  /** Numbers of stored events, ascending. */
  stored: number[];
}

export interface Bench {
  servers: Servers;
  scale: Scale;
  /** Shows what is being done now. */
  say(text: string): void;
  /** What a part found: in this run if it was before, else in the last. */
  found(part: string): Section | undefined;
}

export interface Part {
  /** What `--only` calls it. */
  name: string;
  /**
   * It takes less than a minute, in which a machine that others use as well is fast or slow throughout: it repeats three
   * times as often, so that its spread says something of the next run.
   */
  brief?: true;
  run(bench: Bench): Promise<Section>;
}
