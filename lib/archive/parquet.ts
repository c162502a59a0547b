/** Writes and reads the archive's files. In memory: a file is bounded, and S3 takes it in one request. */
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { type Compressors, parquetMetadata, parquetRead } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { version } from "../base/version.ts";
import { type ArchivedEvent, COLUMNS, SCHEMA, sizeOf } from "./archived-event.ts";

/**
 * Bytes of events, before compression, after which a row group ends. A reader needs memory for a row group, and so does
 * this process, several times.
 */
const GROUP_BYTES = 4 * 1_048_576;

/**
 * Node.js' own Zstandard: on typical events twice as fast as the library's Snappy in JavaScript, and half the size.
 * DuckDB, Arrow, Spark and Athena read it.
 */
const COMPRESS = { ZSTD: (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes) };
const DECOMPRESS: Compressors = { ZSTD: (bytes) => zstdDecompressSync(bytes) };

/** Encodes events, group by group, so that only the encoded groups and the current one are in memory. */
export class FileWriter {
  readonly #bytes = new ByteWriter(65_536);
  readonly #file: ParquetWriter;
  readonly #groupBytes: number;
  #group: ArchivedEvent[] = [];
  #groupSize = 0;

  constructor(groupBytes: number = GROUP_BYTES) {
    this.#groupBytes = groupBytes;
    this.#file = new ParquetWriter({
      writer: this.#bytes,
      schema: SCHEMA,
      codec: "ZSTD",
      compressors: COMPRESS,
      createdBy: `weir version ${version}`,
    });
  }

  add(event: ArchivedEvent): void {
    this.#group.push(event);
    this.#groupSize += sizeOf(event);
    if (this.#groupSize >= this.#groupBytes) this.#flush();
  }

  /** Ends the file. @returns its bytes, valid for as long as the writer exists */
  finish(): Uint8Array {
    this.#flush();
    this.#file.finish();
    return this.#bytes.getBytes();
  }

  #flush(): void {
    const group = this.#group;
    if (group.length === 0) return;
    this.#file.write({
      columnData: COLUMNS.map((name) => ({
        name,
        data: group.map((event) => event[name]),
        // Payloads hardly repeat: a dictionary of them would cost time and be thrown away.
        ...(name === "payload" && { encoding: "PLAIN" as const, statistics: false }),
      })),
      rowGroupSize: group.length,
    });
    this.#group = [];
    this.#groupSize = 0;
  }
}

/** Reads a file's events, a row group at a time. @throws if the bytes are not such a file */
export async function* readFile(bytes: Uint8Array): AsyncGenerator<ArchivedEvent[]> {
  const buffer = bytes.buffer as ArrayBuffer;
  const file = {
    byteLength: bytes.byteLength,
    slice: (start: number, end: number = bytes.byteLength): ArrayBuffer =>
      buffer.slice(bytes.byteOffset + start, bytes.byteOffset + end),
  };
  const metadata = parquetMetadata(file.slice(0));
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    let events: ArchivedEvent[] = [];
    await parquetRead({
      file,
      metadata,
      rowStart,
      rowEnd,
      rowFormat: "object",
      compressors: DECOMPRESS,
      // As they are stored: a Date would lose the microseconds.
      parsers: { timestampFromMicroseconds: (micros) => micros },
      onComplete: (rows) => {
        events = rows as unknown as ArchivedEvent[];
      },
    });
    yield events;
    rowStart = rowEnd;
  }
}
