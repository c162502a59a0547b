/** DuckDB over the exported events: a second opinion on every sum. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { exportEvents } from "../../../lib/events/export-contract.ts";
import { atEnd } from "../cleanup.ts";
import { temporaryFolder } from "../folder.ts";
import type { Ask } from "../http/reading.ts";

export type DuckDb = <T = Record<string, string>>(query: string) => Promise<T[]>;

/** Exports all events, and loads them into the table `events`. @param ask with an administrator's key */
export async function duckDbOf(ask: Ask): Promise<DuckDb> {
  const pieces: string[] = [];
  for (let cursor: string | undefined, more = true; more; ) {
    const query = { format: "ndjson", ...(cursor !== undefined && { cursor }) };
    const { text, headers } = await ask(exportEvents, { query });
    pieces.push(text);
    const next = headers["x-next-cursor"];
    cursor = typeof next === "string" ? next : undefined;
    more = cursor !== undefined;
  }
  const file = join(await temporaryFolder(), "events.ndjson");
  await writeFile(file, pieces.join(""));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  atEnd(async () => {
    connection.closeSync();
    instance.closeSync();
  });
  // As lines: of a column of JSON, DuckDB writes the numbers and strings anew.
  await connection.run(`
    CREATE TABLE events AS
    SELECT client_id, event_id, event_type, "timestamp"::TIMESTAMPTZ AS event_time, payload, text,
           CASE WHEN json_type(payload, '$.amount') IN ('DOUBLE', 'BIGINT', 'UBIGINT')
                THEN CAST(json_extract_string(payload, '$.amount') AS DECIMAL(38, 9)) END AS number,
           json_type(payload, '$.amount') IS NOT NULL AS has
      FROM (SELECT line ->> 'client_id' AS client_id, line ->> 'event_id' AS event_id, line ->> 'event_type' AS event_type,
                   line ->> 'timestamp' AS "timestamp", line -> 'payload' AS payload,
                   regexp_extract(line, '"payload":([{].*[}])[}]$', 1) AS text
              FROM read_csv('${file}', delim = '\x01', quote = '', escape = '', header = false, columns = {line: 'VARCHAR'}))`);
  return async <T>(query: string) =>
    (await connection.runAndReadAll(query)).getRowObjectsJson() as unknown as T[];
}

/** SQL: the JSON text of a member of a payload as it was sent, or null. Values have no members or elements with members. */
export const sentText = (member: string): string =>
  `nullif(regexp_extract(text, '${String.raw`"MEMBER":("(?:[^"\\]|\\.)*"|\[[^\]]*\]|\{[^}]*\}|[^,}]+)`.replace("MEMBER", member)}', 1), '')`;
