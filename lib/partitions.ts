/** Partitions of `events` (a week each, from Monday 00:00 UTC) and of `audit_log` (a day each). */
import type { Config } from "./config.ts";
import type { Database } from "./sql/client.ts";
import { transaction } from "./sql/transaction.ts";

const DAY_MS = 86_400_000;
/** Weeks start on a Monday; 1970-01-05 was one. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
const DAYS_AHEAD = 35;
/** Any constant that nothing else locks with: two maintenance runs at once wait for each other. */
const ADVISORY_LOCK = 0x70617274;

interface Partition {
  parent: "events" | "audit_log";
  name: string;
  from: string;
  to: string;
}

/**
 * Makes every partition that an event accepted now may fall into (back to the retention, since late events are
 * accepted that far) and those of the next 35 days. Safe to run at any time and twice at once.
 * @param now milliseconds since the Unix epoch
 * @returns names of the partitions made
 */
export async function ensurePartitions(
  sql: Database,
  { retentionDays }: Pick<Config, "retentionDays">,
  now: number = Date.now(),
): Promise<string[]> {
  const wanted = [
    ...partitions(
      "events",
      now - retentionDays * DAY_MS,
      now + DAYS_AHEAD * DAY_MS,
      7 * DAY_MS,
      FIRST_MONDAY_MS,
    ),
    ...partitions("audit_log", now - DAY_MS, now + DAYS_AHEAD * DAY_MS, DAY_MS, 0),
  ];
  return transaction(sql, async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(${ADVISORY_LOCK})`;
    const rows = await tx<{ name: string }[]>`
      SELECT relid::regclass::text AS name FROM pg_partition_tree('events')
      UNION ALL SELECT relid::regclass::text FROM pg_partition_tree('audit_log')`;
    const present = new Set(rows.map((row) => row.name));
    const missing = wanted.filter(({ name }) => !present.has(name));
    // Names and bounds are made from dates alone, so they need no quoting.
    const ddl = missing.map(
      ({ parent, name, from, to }) =>
        `CREATE TABLE ${name} PARTITION OF ${parent} FOR VALUES FROM ('${from}') TO ('${to}');`,
    );
    if (ddl.length > 0) await tx.unsafe(ddl.join("\n"));
    return missing.map(({ name }) => name);
  });
}

function partitions(
  parent: Partition["parent"],
  fromMs: number,
  toMs: number,
  stepMs: number,
  originMs: number,
): Partition[] {
  const result: Partition[] = [];
  const first = Math.floor((fromMs - originMs) / stepMs) * stepMs + originMs;
  for (let start = first; start < toMs; start += stepMs) {
    const from = new Date(start).toISOString();
    const name = `${parent}_${from.slice(0, 10).replaceAll("-", "")}`;
    result.push({ parent, name, from, to: new Date(start + stepMs).toISOString() });
  }
  return result;
}
