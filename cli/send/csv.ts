/** Rows of a table with a head: CSV as RFC 4180 describes it, or with another delimiter. */
import type { Readable } from "node:stream";
import { type CsvError, parse } from "csv-parse";
import { usageError } from "../errors.ts";
import { createMapping, type MappingOptions } from "./mapping.ts";
import type { DraftEvent, Raw } from "./record.ts";

export interface CsvOptions extends MappingOptions {
  delimiter: string;
}

/** A row, and how to read its event. */
export interface Row extends Raw {
  read(): DraftEvent;
}

/** @throws {CliError} if the table has no head, its quotes do not match, or a mapping is invalid */
export async function* readRows(bytes: Readable, { delimiter, ...options }: CsvOptions): AsyncGenerator<Row> {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    raw: true,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  const checked = bytes.on("error", (error) => parser.destroy(error));
  checked.on("data", (chunk: Buffer) => {
    try {
      utf8.decode(chunk, { stream: true });
    } catch {
      parser.destroy(usageError("The table is not UTF-8. Convert it first, for example with iconv."));
    }
  });
  checked.pipe(parser);
  let mapping: ((cells: readonly string[]) => DraftEvent) | undefined;
  let head: readonly string[] = [];
  let line = 1;
  try {
    for await (const { record, raw, info } of parser as AsyncIterable<{
      record: string[];
      raw: string;
      info: { lines: number };
    }>) {
      const [blank = ""] = /^(?:\r?\n)*/.exec(raw) ?? [];
      const text = raw.slice(blank.length).replace(/\r?\n$/, "");
      const row = { line: line + blank.split("\n").length - 1, text };
      // The parser says where a row ends.
      line = info.lines + 1;
      if (mapping === undefined) {
        head = checkHead(record);
        mapping = createMapping(head, options);
        continue;
      }
      const toEvent = mapping;
      const fault =
        record.length === head.length
          ? undefined
          : `The row has ${record.length} cells; the head has ${head.length}.`;
      yield { ...row, ...(fault !== undefined && { fault }), read: () => toEvent(record) };
    }
  } catch (error) {
    const { code, message } = error as CsvError;
    if (typeof code === "string" && code.startsWith("CSV_"))
      throw usageError(`The table can't be read: ${message}.`);
    throw error;
  }
  if (mapping === undefined) throw usageError("The table has no head: its first line must name the columns.");
}

function checkHead(head: readonly string[]): readonly string[] {
  const twice = head.find((name, index) => head.indexOf(name) !== index);
  if (twice !== undefined) throw usageError(`Two columns have the name ${JSON.stringify(twice)}.`);
  return head;
}
