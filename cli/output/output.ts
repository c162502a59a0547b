/** Results on standard output, in the form that the command's options ask for. */
import type { Command } from "commander";
import { openSink, type Sink } from "./pager.ts";
import { type Paint, painter } from "./style.ts";
import { type Column, Table, type TableStyle } from "./table.ts";
import { inZone, zoneOf } from "./time.ts";

interface Options {
  json?: boolean;
  tsv?: boolean;
  color?: boolean;
  zone?: string;
}

/** How to print: options that every command has. */
export class Output {
  readonly json: boolean;
  readonly zone: string;
  readonly paint: Paint;
  readonly style: TableStyle;

  constructor(command: Command) {
    const { json = false, tsv = false, color = true, zone } = command.optsWithGlobals<Options>();
    this.json = json;
    this.zone = zoneOf({ zone });
    this.paint = painter(process.stdout, color);
    this.style = { tsv, paint: this.paint, width: process.stdout.isTTY ? process.stdout.columns : undefined };
  }

  /** A time as the zone's clock shows it. */
  readonly time = (time: string | null): string | null => inZone(time, this.zone);

  /** Prints a result: with `--json` as it is, otherwise as lines. */
  async print(result: unknown, lines: () => readonly string[]): Promise<void> {
    await write(
      process.stdout,
      this.json
        ? toJson(result)
        : lines()
            .map((line) => `${line}\n`)
            .join(""),
    );
  }

  /** Lines of a table that is complete. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
    return new Table(columns, this.style).lines(rows);
  }

  /** Lines of names and values, one below the other. */
  fields(entries: readonly (readonly [name: string, value: unknown])[]): string[] {
    type Entry = (typeof entries)[number];
    const columns: Column<Entry>[] = [
      { head: "", of: ([name]) => name, style: () => "bold" },
      { head: "", of: ([, value]) => value },
    ];
    return new Table(columns, { ...this.style, width: undefined }).lines(entries).slice(1);
  }
}

/** JSON with line breaks; numbers that `parseExact` kept have their digits. */
const toJson = (result: unknown): string => `${JSON.stringify(result, null, 2)}\n`;

/** Writes and waits until there is room for more. */
export function write(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (text === "" || stream.write(text) || !stream.writable) return resolve();
    const done = (): void => {
      stream.off("drain", done);
      stream.off("close", done);
      resolve();
    };
    stream.on("drain", done);
    stream.on("close", done);
  });
}

/** Prints rows as they come. */
export interface List<Row> {
  add(rows: readonly Row[]): Promise<void>;
  /** @param rest the other members of the response, for JSON */
  end(rest: object, empty: string): Promise<void>;
  /** True once the reader has gone. */
  readonly isClosed: boolean;
}

/**
 * Begins a list: a table, or with `--json` one document in the API's shape, with a line for each row. Only one row at a
 * time is in memory, so that a list may have any length.
 * @param name the member of the response that has the rows
 */
export function openList<Row>(output: Output, name: string, columns: readonly Column<Row>[]): List<Row> {
  const sink = openSink();
  return output.json ? jsonList(sink, name) : tableList(sink, new Table(columns, output.style));
}

function tableList<Row>(sink: Sink, table: Table<Row>): List<Row> {
  let isEmpty = true;
  return {
    async add(rows) {
      if (rows.length === 0) return;
      isEmpty = false;
      await write(sink.stream, `${table.lines(rows).join("\n")}\n`);
    },
    async end(_, empty) {
      if (isEmpty) await write(sink.stream, `${empty}\n`);
      await sink.close();
    },
    get isClosed() {
      return !sink.stream.writable;
    },
  };
}

function jsonList<Row>(sink: Sink, name: string): List<Row> {
  let before = `{${JSON.stringify(name)}:[\n`;
  return {
    async add(rows) {
      for (const row of rows) {
        await write(sink.stream, `${before}${JSON.stringify(row)}`);
        before = ",\n";
      }
    },
    async end(rest) {
      const others = JSON.stringify(rest).slice(1, -1);
      const start = before === ",\n" ? "\n" : before;
      await write(sink.stream, `${start}]${others === "" ? "" : `,${others}`}}\n`);
      await sink.close();
    },
    get isClosed() {
      return !sink.stream.writable;
    },
  };
}
