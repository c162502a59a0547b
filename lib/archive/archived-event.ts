/** The columns of the archive's files. */
import type { SchemaElement } from "hyparquet";

/** An event as the archive holds it. The client and the day are in the file's path. */
export interface ArchivedEvent {
  event_id: string;
  event_type: string;
  /** Times are microseconds since the Unix epoch. */
  event_time: bigint;
  received_at: bigint;
  processed_at: bigint;
  receipt_id: string;
  /** W3C; null if the event has no trace context. */
  traceparent: string | null;
  /** JSON text, as it was sent; `{"erased":true}` after an erasure. */
  payload: string;
}

const TEXT = {
  type: "BYTE_ARRAY",
  converted_type: "UTF8",
  logical_type: { type: "STRING" },
} as const satisfies Omit<SchemaElement, "name">;

const TIME = {
  type: "INT64",
  converted_type: "TIMESTAMP_MICROS",
  logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
} as const satisfies Omit<SchemaElement, "name">;

const TYPES = {
  event_id: { ...TEXT, repetition_type: "REQUIRED" },
  event_type: { ...TEXT, repetition_type: "REQUIRED" },
  event_time: { ...TIME, repetition_type: "REQUIRED" },
  received_at: { ...TIME, repetition_type: "REQUIRED" },
  processed_at: { ...TIME, repetition_type: "REQUIRED" },
  receipt_id: { ...TEXT, repetition_type: "REQUIRED" },
  traceparent: { ...TEXT, repetition_type: "OPTIONAL" },
  payload: { ...TEXT, repetition_type: "REQUIRED" },
} as const satisfies Record<keyof ArchivedEvent, Omit<SchemaElement, "name">>;

export const COLUMNS = Object.keys(TYPES) as (keyof ArchivedEvent)[];

/** As Parquet describes it: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
export const SCHEMA: SchemaElement[] = [
  { name: "event", num_children: COLUMNS.length },
  ...COLUMNS.map((name) => ({ name, ...TYPES[name] })),
];

/** Bytes that an event takes in memory beside its texts, about. A file therefore has at most about 112,000 events. */
export const FIXED_BYTES = 300;

/** About how many bytes an event takes in memory. */
export const sizeOf = ({ event_id: id, event_type: type, payload }: ArchivedEvent): number =>
  FIXED_BYTES + Buffer.byteLength(id) + Buffer.byteLength(type) + Buffer.byteLength(payload);

/** UTC text with six fractional digits. @param micros microseconds since the Unix epoch */
export function utcText(micros: bigint): string {
  const rest = ((micros % 1_000n) + 1_000n) % 1_000n;
  const text = new Date(Number((micros - rest) / 1_000n)).toISOString();
  return `${text.slice(0, -1)}${String(rest).padStart(3, "0")}Z`;
}

/** Microseconds since the Unix epoch. @param text UTC text with six fractional digits */
export const microsOf = (text: string): bigint =>
  BigInt(Date.parse(`${text.slice(0, 23)}Z`)) * 1_000n + BigInt(text.slice(23, 26));
