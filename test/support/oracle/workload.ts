/**
 * A workload of random events for comparisons of Weir's answers with DuckDB's: duplicates, late events, redelivery, events that two
 * clients send, erasures, and days that are packed. `SEED` repeats the events of a run.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { uuidv7 } from "../../../lib/base/ids.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { toLine } from "../../../lib/queue/message.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import { eraseUser } from "../erasures.ts";
import { runAt } from "../maintenance.ts";
import { addClient, anAuditRow } from "../pipeline.ts";

export const ZONES = [
  "UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Asia/Kolkata", "Asia/Kathmandu",
  "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Casablanca", "America/St_Johns",
]; // biome-ignore format: one zone after the other
export const TYPES = ["sold", "seen"];
export const NOW = Date.now();
export const OLDEST = NOW - 399 * DAY_MS;
/** Messages of the workload, of 120 new events each. */
const BATCHES = 24;

const amount = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1e11, max: 1e11 }).map((n) => String(n / 1_000)) },
  { weight: 2, arbitrary: fc.integer({ min: -5, max: 5 }).map(String) },
  fc.constantFrom('"12"', "null", "true", "[1]", '{"n":1}', "", "1e5", "2.50", "-0"),
);
/** Strings of the longest value that `top` shows, and of one byte more. */
const LONG = [`"${"é".repeat(499)}"`, `"${"é".repeat(499)}y"`];
const payload = fc
  .record({
    amount,
    country: fc.constantFrom('"DE"', '"DE"', '"FR"', '"JP"', "null", "7", "", `"${"x".repeat(300)}"`),
    plan: fc.constantFrom("1", "2", "3", '"free"', ""),
    user: fc.integer({ min: 0, max: 30 }).map((n) => `"u${n}"`),
    note: fc.constantFrom(...LONG, '"é"', '"\\u00e9"', '"e"', '"E"', "1.0", "1", "", "", "null", '"a\\"b"'),
  })
  .map((members) => {
    const sent = Object.entries(members).filter(([, text]) => text !== "");
    return `{${sent.map(([name, text]) => `"${name}":${text}`).join(",")}}`;
  });
/** Anywhere, in one busy week, around the hours at which clocks change, and at few moments, at which many events have the same time. */
export const time = fc
  .tuple(
    fc.oneof(
      fc.integer({ min: OLDEST, max: NOW }),
      fc.integer({ min: NOW - 7 * DAY_MS, max: NOW }),
      fc.integer({ min: 0, max: 398 * 96 }).map((quarter) => Math.ceil(OLDEST / 900_000 + quarter) * 900_000),
      fc.integer({ min: 1, max: 12 }).map((n) => NOW - n * 3_600_000),
    ),
    fc.constantFrom("", "001", "999"),
  )
  .map(([ms, micros]) => `${new Date(ms).toISOString().slice(0, -1)}${micros}Z`);
const event = fc.record({ type: fc.constantFrom(...TYPES), timestamp: time, payload });

/** A message of a client's events, as it is in the queue. */
function message(
  clientId: string,
  events: readonly { id: string; type: string; timestamp: string; payload: string }[],
): string {
  const header = { v: 1, id: uuidv7(NOW), at: NOW, audit: anAuditRow(clientId), accepted: events.length };
  const lines = events.map(({ id, type, ...rest }) => toLine({ eventId: id, eventType: type, ...rest }));
  return [JSON.stringify(header), ...lines].join("\n");
}

/** Stores the workload of the clients acme and beta. @param after called with the number of each batch, from 0, after it */
export async function storeWorkload(deps: Deps, after: (batch: number) => unknown = () => {}): Promise<void> {
  for (const id of ["acme", "beta"]) await addClient(deps, id);
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
  const events = fc
    .sample(event, { numRuns: BATCHES * 120, seed })
    .map((one) => ({ id: randomUUID(), ...one }));
  for (let n = 0; n < BATCHES; n++) {
    // A third of each batch has been sent before, some of it by the other client, for which it is new.
    const batch = [
      ...events.slice(n * 120, n * 120 + 120),
      ...events.slice(Math.max(0, n * 120 - 60), n * 120),
    ];
    const body = message(n % 6 === 5 ? "beta" : "acme", batch);
    // Delivered twice: together, or again later.
    const twice = n % 4 === 0 ? [1, 1] : [1];
    expect(
      await drain(
        twice.map((deliveries, copy) => ({ id: `${n}-${copy}`, body, deliveries })),
        deps,
      ),
    ).toEqual([]);
    if (n % 5 === 0) expect(await drain([{ id: `${n}-9`, body, deliveries: 2 }], deps)).toEqual([]);
    if (n === 10 || n === 18) await eraseUser(deps, "acme", "payload.user", `u${n}`);
    // Days that are over are packed, and late events for them follow.
    if (n === 7 || n === 19) expect(await runAt(deps, NOW)).toMatchObject({ complete: true });
    await after(n);
  }
  await eraseUser(deps, "acme", "payload.user", "u3");
}

/** Conditions for Weir and for DuckDB. */
export const CONDITIONS = [
  ["payload.country=DE", `coalesce(json_extract_string(payload, '$.country') = 'DE', false)`],
  ["payload.country!=DE", `coalesce(json_extract_string(payload, '$.country') <> 'DE', true)`],
  ["!payload.plan", `json_type(payload, '$.plan') IS NULL`],
  [
    "payload.plan>=2",
    `coalesce(json_type(payload, '$.plan') = 'UBIGINT' AND TRY_CAST(json_extract_string(payload, '$.plan') AS DOUBLE) >= 2, false)`,
  ],
  ["payload.plan=free", `coalesce(json_extract_string(payload, '$.plan') = 'free', false)`],
] as const;

export const range = fc
  .record({ start: time, end: time }, { requiredKeys: [] })
  .map(({ start, end }) =>
    start !== undefined && end !== undefined && start > end
      ? { start: end, end: start }
      : { ...(start !== undefined && { start }), ...(end !== undefined && { end }) },
  );
export const condition = fc.option(fc.constantFrom(...CONDITIONS), { nil: undefined });

/** For DuckDB: events of a range. */
export const within = ({ start, end }: { start?: string; end?: string }): string =>
  ["true", start && `event_time >= '${start}'::TIMESTAMPTZ`, end && `event_time < '${end}'::TIMESTAMPTZ`]
    .filter(Boolean)
    .join(" AND ");
