/** Simulates the tables over time: stores events through the worker at any time, and checks them after each run. */

import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { uuidv7 } from "../../lib/base/ids.ts";
import { type Maintained, type MaintenanceOptions, maintain } from "../../lib/maintenance/maintenance.ts";
import { toLine } from "../../lib/queue/message.ts";
import { drain } from "../../lib/worker/process-batch.ts";
import { anAuditRow } from "./pipeline.ts";
import { countedBy } from "./rollups.ts";

export interface SimulatedEvent {
  eventId: string;
  /** By default one of three. */
  eventType?: string;
  /** Milliseconds since the Unix epoch. */
  at: number;
  payload?: string;
}

export const simulatedEvent = (at: number): SimulatedEvent => ({
  // Both kinds of ids in the ledger.
  eventId: Math.random() < 0.5 ? randomUUID() : `event-${randomUUID()}`,
  at,
});

/** Processes a message with its audit row as if the gateway had received it at a given time. */
export async function workAt(
  deps: Deps,
  clientId: string,
  now: number,
  events: readonly SimulatedEvent[],
): Promise<void> {
  const audit = anAuditRow(clientId);
  const header = JSON.stringify({ v: 1, id: uuidv7(now), at: now, audit, accepted: events.length });
  const lines = events.map(({ eventId, at, eventType = `type-${at % 3}`, payload = '{"n":1}' }) =>
    toLine({ eventId, eventType, timestamp: new Date(at).toISOString(), payload }),
  );
  const body = [header, ...lines].join("\n");
  expect(await drain([{ id: "1-0", body, deliveries: 1 }], deps)).toEqual([]);
}

/** Runs maintenance to its end at a given time, without a grace period for running queries. */
export const runAt = (
  deps: Deps,
  now: number,
  options: Partial<MaintenanceOptions> = {},
): Promise<Maintained> =>
  maintain(deps, { now, endsAt: Date.now() + 60_000, graceMs: 0, pace: { pauseMs: 20 }, ...options });

interface Tables {
  /** Raw rows that the horizon does not hide. */
  shown: number;
  minutes: number;
  quarters: number;
  hours: number;
  days: number;
  events: number;
  ledger: number;
  /** Rollup rows from before the horizon. */
  hiddenRollups: number;
  inDefault: number;
  detached: number;
}

/** Reads the counts of the tables in one snapshot. */
export async function tables({ sql }: Deps): Promise<Tables> {
  const [row] = await sql<[Tables]>`
    SELECT (SELECT count(*)::int FROM events WHERE event_time >= horizon) AS shown,
           ${countedBy(sql, 1, sql`true`, sql`horizon`)} AS minutes,
           ${countedBy(sql, 15, sql`true`, sql`horizon`)} AS quarters,
           ${countedBy(sql, 60, sql`true`, sql`horizon`)} AS hours,
           ${countedBy(sql, 1440, sql`true`, sql`horizon`)} AS days,
           (SELECT count(*)::int FROM events) AS events,
           (SELECT count(*)::int FROM event_ledger) AS ledger,
           (SELECT count(*)::int FROM rollups WHERE bucket < horizon)
             + (SELECT count(*)::int FROM packed_days WHERE day < horizon) AS "hiddenRollups",
           (SELECT count(*)::int FROM events_default) + (SELECT count(*)::int FROM audit_log_default)
             + (SELECT count(*)::int FROM audit_personal_default) AS "inDefault",
           (SELECT count(*)::int FROM expired_partitions) AS detached
      FROM retention`;
  return row;
}

/** Expects rollups to equal the visible raw rows; holds at any time. */
export async function expectExact(deps: Deps): Promise<Tables> {
  const found = await tables(deps);
  const { shown } = found;
  expect(found).toMatchObject({ minutes: shown, quarters: shown, hours: shown, days: shown });
  return found;
}

/** Expects the same, and that nothing expired is left; holds after a complete run. */
export async function expectTidy(deps: Deps): Promise<Tables> {
  const found = await expectExact(deps);
  const { shown } = found;
  expect(found).toMatchObject({ events: shown, ledger: shown, hiddenRollups: 0, inDefault: 0, detached: 0 });
  return found;
}
