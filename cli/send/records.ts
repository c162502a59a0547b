/** The input as records, whatever its format. */
import { extname } from "node:path";
import { parseExact } from "../../lib/base/json.ts";
import { usageError } from "../errors.ts";
import type { Bytes } from "./bytes.ts";
import { type CsvOptions, readRows } from "./csv.ts";
import { readValues } from "./json-values.ts";
import { readLines } from "./lines.ts";
import { type DraftEvent, type InputRecord, type Raw, toDraft } from "./record.ts";

export const FORMATS = ["ndjson", "json", "csv", "tsv"] as const;
export type Format = (typeof FORMATS)[number];

const BY_NAME: Record<string, Format> = {
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".json": "json",
  ".csv": "csv",
  ".tsv": "tsv",
};

/**
 * The format by the file's name, otherwise by its first character.
 * @throws {CliError} if it can't be found out
 */
export function formatOf(file: string | undefined, start: Buffer): Format {
  const named = file === undefined ? undefined : BY_NAME[extname(file.replace(/\.gz$/, "")).toLowerCase()];
  if (named !== undefined) return named;
  const first = start.toString("latin1").replace(/^ï»¿/, "").trimStart()[0];
  if (first === undefined || first === "{") return "ndjson";
  if (first === "[") return "json";
  throw usageError("The format of the input is unknown. Specify --format ndjson, json, csv or tsv.");
}

/** Reads the records in their order. @throws {CliError} if the input can't be read further */
export async function* readRecords(
  { stream }: Pick<Bytes, "stream">,
  format: Format,
  table: CsvOptions,
): AsyncGenerator<InputRecord> {
  let ordinal = 0;
  if (format === "csv" || format === "tsv") {
    for await (const { read, ...row } of readRows(stream, table)) yield toRecord(++ordinal, row, read);
    return;
  }
  const raws = format === "json" ? readValues(stream) : readLines(stream);
  for await (const raw of raws) yield toRecord(++ordinal, raw, () => toDraft(parseExact(raw.text)));
}

function toRecord(ordinal: number, raw: Raw, read: () => DraftEvent): InputRecord {
  if (raw.fault !== undefined) return { ordinal, ...raw };
  try {
    return { ordinal, ...raw, event: read() };
  } catch (error) {
    const { message } = error as Error;
    return { ordinal, ...raw, fault: error instanceof SyntaxError ? `It is not JSON: ${message}` : message };
  }
}
