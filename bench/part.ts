/** The interface of a part of the bench. A part is one file; `run.ts` lists them. */
import type { Servers } from "./servers.ts";

/** Repeats of one measured quantity, in order of measurement. */
export interface Figure {
  unit: string;
  values: number[];
}

/** A goal from section 5 of the design. */
export interface Goal {
  what: string;
  reach: string;
  got: string;
  reached: boolean;
  /** The reason; reported if the goal is not reached. */
  why?: string;
}

export interface Table {
  /** A sentence above the table, if necessary. */
  caption?: string;
  head: string[];
  rows: string[][];
}

/** A point, with the lowest and highest repeat of its y if it has any. */
export type Point = [x: number, y: number, low?: number, high?: number];

/** A line chart; the axes in `log` are logarithmic. */
export interface Chart {
  /** Name of the SVG file, without its extension. */
  file: string;
  title: string;
  x: string;
  y: string;
  log: ("x" | "y")[];
  lines: { name: string; points: Point[] }[];
}

export interface Section {
  title: string;
  /** Paragraphs. */
  text: string[];
  tables: Table[];
  charts: Chart[];
  goals: Goal[];
  /** By name; compared with the previous run. */
  figures: Record<string, Figure>;
  /** Files to write in this folder, by path; not part of results.json. */
  files?: Record<string, string>;
}

/** How much is measured. */
export interface Scale {
  repeats: number;
  /** Length of one repeat of one contender, in seconds. */
  seconds: number;
  /** Numbers of stored events, ascending. */
  stored: number[];
  /** Number of stored events of many clients and types. */
  manyKinds: number;
  /** Number of stored events of a year. */
  year: number;
}

export interface Bench {
  servers: Servers;
  scale: Scale;
  /** Shows the current step. */
  say(text: string): void;
  /** Lets the servers finish what earlier measurements left them. */
  settle(): Promise<void>;
  /** Results of a part, from this run if it has run already, otherwise from the previous run. */
  found(part: string): Section | undefined;
}

export interface Part {
  /** Name for `--only`. */
  name: string;
  run(bench: Bench): Promise<Section>;
}
