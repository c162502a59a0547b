/** The upper limit of PostgreSQL: COPY into a table like `events`, without an index. */
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { uuidv7 } from "../lib/base/ids.ts";
import type { Database } from "../lib/postgres/client.ts";
import { Bodies } from "./events.ts";
import type { Contender } from "./measure.ts";

const COLUMNS = "client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload";
/** Rows per COPY; each COPY is a transaction. */
const ROWS = 50_000;

/** @param streams number of concurrent COPYs */
export function rawCopy(name: string, sql: Database, streams: number): Contender {
  let block: Buffer | undefined;
  return {
    name,
    run: async (seconds) => {
      await sql`CREATE TABLE IF NOT EXISTS raw_copy (LIKE events INCLUDING DEFAULTS)`;
      await sql`TRUNCATE raw_copy`;
      block ??= makeBlock();
      const start = performance.now();
      let rows = 0;
      const stream = async (): Promise<void> => {
        while (performance.now() - start < seconds * 1_000) {
          await copy(sql, block as Buffer);
          rows += ROWS;
        }
      };
      await Promise.all(Array.from({ length: streams }, stream));
      const perSecond = rows / ((performance.now() - start) / 1_000);
      await sql`TRUNCATE raw_copy`;
      return { perSecond };
    },
  };
}

async function copy(sql: Database, block: Buffer): Promise<void> {
  const writable = await sql`COPY raw_copy (${sql.unsafe(COLUMNS)}) FROM STDIN`.writable();
  for (let from = 0; from < block.length; from += 65_536)
    if (!writable.write(block.subarray(from, from + 65_536))) await once(writable, "drain");
  writable.end();
  await finished(writable);
}

/** In COPY's text format; no value contains a tab, a backslash or a line break. */
function makeBlock(): Buffer {
  const bodies = new Bodies();
  const now = new Date().toISOString();
  const receipt = uuidv7(Date.now());
  const lines = Array.from({ length: ROWS }, () => {
    const { event_id, event_type, payload } = JSON.parse(bodies.one(now));
    return ["shop", event_id, event_type, now, now, now, receipt, JSON.stringify(payload)].join("\t");
  });
  return Buffer.from(`${lines.join("\n")}\n`);
}
