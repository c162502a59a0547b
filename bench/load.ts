/** Fills a database with events, using the worker's own statement. */
import { randomBytes } from "node:crypto";
import postgres from "postgres";
import type { Deps } from "../lib/app/connect.ts";
import { eventKey, uuidv7 } from "../lib/base/ids.ts";
import { announcePacking, packOver } from "../lib/maintenance/packing.ts";
import { newSteps } from "../lib/postgres/lock-retry.ts";
import { transaction } from "../lib/postgres/transaction.ts";
import type { EventRow } from "../lib/storage/event-row.ts";
import { ensureIndexes } from "../lib/storage/indexes.ts";
import { storeEvents } from "../lib/worker/sql/store-events.ts";
import { idOf } from "./events.ts";
import { loadDirectly } from "./load-direct.ts";
import { type Loaded, RARE, RARE_EVERY, SPREADS } from "./spreads.ts";

const BATCH = 5_000;
const WORKERS = 2;

/** Events beyond which a database is filled by `loadDirectly`. */
export const MOST_BY_WORKERS = 20_000_000;

/** Stores events spread evenly over a time, in the order of time, by two workers, and then does what maintenance does. */
export async function loadEvents(deps: Deps, loaded: Loaded, say: (text: string) => void): Promise<void> {
  const { sql, config } = deps;
  await sql`
    INSERT INTO clients (client_id, name, rate_limit_per_second, burst)
    SELECT id, id, 1000, 1000 FROM unnest(${SPREADS[loaded.spread].clients as string[]}::text[]) AS id`;
  // Before the events, so that what lies in packed days is written as late events are.
  const steps = newSteps(sql);
  await announcePacking(steps, Date.now());
  await packOver(steps, 0, () => {});
  await (loaded.events > MOST_BY_WORKERS ? loadDirectly : storeAsWorkers)(deps, loaded, say);
  say("packing days and building indexes");
  await packOver(steps, 0, () => {});
  await ensureIndexes(steps, Date.now(), []);
  // It takes longer than a function's statement time-out.
  const patient = postgres(config.databaseUrl, { max: 1, onnotice: () => {} });
  // Days that are packed one by one leave no room behind.
  await patient`VACUUM FULL rollups_minute, rollups_quarter, rollups_hour, rollups_day`;
  await patient`VACUUM ANALYZE`;
  await patient.end();
}

async function storeAsWorkers({ sql }: Deps, loaded: Loaded, say: (text: string) => void): Promise<void> {
  const { events } = loaded;
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < events) {
      const first = next;
      next = Math.min(events, first + BATCH);
      const rows = Array.from({ length: next - first }, (_, n) => row(first + n, loaded));
      rows.sort((a, b) => (a.eventKey < b.eventKey ? -1 : 1));
      await transaction(sql, (tx) => storeEvents(tx, rows));
      if (next % (events / 20) < BATCH)
        say(`loading, ${(next / 1_000_000).toFixed(2)} of ${events / 1_000_000} million events`);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
}

function row(index: number, { events, from, to, ids, spread }: Loaded): EventRow {
  const { clients, types } = SPREADS[spread];
  const bytes = randomBytes(12);
  const [a = 0, , c = 0, d = 0] = bytes;
  const at = from + ((to - from) * (index + a / 256)) / events;
  const eventId = idOf[ids](Math.floor(at), index);
  const receiptId = uuidv7(Math.floor(at));
  return {
    clientId: clients[bytes.readUInt32LE(4) % clients.length] ?? "",
    eventKey: eventKey(eventId),
    eventId,
    eventType: index % RARE_EVERY === 0 ? RARE : (types[bytes.readUInt32LE(8) % types.length] ?? ""),
    timestamp: new Date(at).toISOString(),
    receivedAt: new Date(Date.now() - 5 - (c % 64)).toISOString(),
    receiptId,
    part: 0,
    payload: `{"user":"u${c * 256 + d}","amount":${d}.5,"country":"${["de", "fr", "us", "in"][d % 4]}"}`,
  };
}
