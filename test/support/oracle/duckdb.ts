/** DuckDB over the exported events: a second opinion on every sum. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { exportEvents } from "../../lib/events/export-contract.ts";
import { atEnd } from "./cleanup.ts";
import { temporaryFolder } from "./folder.ts";
import type { Ask } from "./http/reading.ts";

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
  await connection.run(`
    CREATE TABLE events AS
    SELECT client_id, event_id, event_type, "timestamp"::TIMESTAMPTZ AS event_time, payload,
           CASE WHEN json_type(payload, '$.amount') IN ('DOUBLE', 'BIGINT', 'UBIGINT')
                THEN CAST(json_extract_string(payload, '$.amount') AS DECIMAL(38, 9)) END AS number,
           json_type(payload, '$.amount') IS NOT NULL AS has
      FROM read_json('${file}', format = 'newline_delimited', columns = {client_id: 'VARCHAR', event_id: 'VARCHAR',
             event_type: 'VARCHAR', timestamp: 'VARCHAR', payload: 'JSON'})`);
  return async <T>(query: string) =>
    (await connection.runAndReadAll(query)).getRowObjectsJson() as unknown as T[];
}
