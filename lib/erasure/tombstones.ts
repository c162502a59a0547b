/**
 * The worker's part in erasures. Messages can't be searched, so a payload to erase may still arrive from the queue, from
 * dead letters or from a redrive. It is erased in the transaction that stores or quarantines it. Why no payload is
 * missed: docs/decisions/0027.
 */
import { hash } from "node:crypto";
import { parseExact } from "../base/json.ts";
import type { Transaction } from "../postgres/client.ts";
import type { RefusedEvent } from "../quarantine/sql/insert.ts";
import type { PropertyPath } from "../query/property.ts";
import { type EventLine, parseLine, toLine } from "../queue/message.ts";
import type { EventRow } from "../storage/event-row.ts";
import { listTombstones, type Tombstone } from "./sql/list-tombstones.ts";
import { canonicalText, ERASED, ERASED_LINE, pathOf, scalarAt } from "./subject.ts";

/** Events about to be stored or quarantined. */
export interface Arriving {
  rows: EventRow[];
  /** Lines that can't be parsed as events, and events that ingest has set aside. */
  unreadable: RefusedEvent[];
}

/** Erased values that share a property and a salt, so that one hash per event serves all of them. */
interface Values {
  path: PropertyPath;
  salt: Buffer;
  /** Time of the latest request by hash; all times here are in milliseconds since the Unix epoch. */
  requestedMs: Map<string, number>;
}

/** A client's erasures. */
interface Erasures {
  values: Values[];
  /** Events received up to this time may belong to a subject whose hash has been deleted. */
  forgottenMs: number;
  /** The latest request of all. */
  latestMs: number;
}

/**
 * Replaces the payloads of subjects whose erasure was requested after the event was received. If that can't be decided,
 * since a line can't be parsed or a hash has been deleted, the payload is erased too.
 */
export async function eraseArriving(tx: Transaction, { rows, unreadable }: Arriving): Promise<Arriving> {
  const received = oldestByClient([...rows, ...unreadable]);
  const tombstones = received.size > 0 ? await listTombstones(tx, received) : [];
  if (tombstones.length === 0) return { rows, unreadable };
  const byClient = new Map(
    [...Map.groupBy(tombstones, (tombstone) => tombstone.client_id)].map(([id, own]) => [id, gather(own)]),
  );
  return {
    rows: rows.map((row) => (isErased(byClient.get(row.clientId), row) ? { ...row, payload: ERASED } : row)),
    unreadable: unreadable.map((event) => {
      const erasures = byClient.get(event.clientId);
      const parsed = readable(event.line);
      if (parsed)
        return isErased(erasures, { ...parsed, receivedAt: event.receivedAt })
          ? { ...event, line: toLine({ ...parsed, payload: ERASED }), detail: "erased" }
          : event;
      const latestMs = erasures?.latestMs ?? Number.NEGATIVE_INFINITY;
      return Date.parse(event.receivedAt) <= latestMs
        ? { ...event, line: ERASED_LINE, detail: "erased" }
        : event;
    }),
  };
}

function readable(line: string): EventLine | undefined {
  try {
    return parseLine(line);
  } catch {
    return undefined;
  }
}

/** When the oldest of each client's events was received. */
export function oldestByClient(
  events: readonly Pick<EventRow, "clientId" | "receivedAt">[],
): Map<string, string> {
  const oldest = new Map<string, string>();
  for (const { clientId, receivedAt } of events) {
    const known = oldest.get(clientId);
    // All have the same format, so text order is time order.
    if (known === undefined || receivedAt < known) oldest.set(clientId, receivedAt);
  }
  return oldest;
}

function gather(tombstones: readonly Tombstone[]): Erasures {
  const byName = new Map<string, Values>();
  let forgottenMs = Number.NEGATIVE_INFINITY;
  for (const { property, salt, value_sha256: sha256, requested_ms: requestedMs } of tombstones) {
    const path = property === null ? undefined : pathOf(property);
    if (path === undefined || sha256 === null) {
      forgottenMs = Math.max(forgottenMs, requestedMs);
      continue;
    }
    const name = `${salt.toString("hex")} ${property}`;
    const values = byName.get(name) ?? { path, salt, requestedMs: new Map() };
    values.requestedMs.set(sha256, requestedMs);
    byName.set(name, values);
  }
  const latestMs = Math.max(...tombstones.map((tombstone) => tombstone.requested_ms));
  return { values: [...byName.values()], forgottenMs, latestMs };
}

function isErased(
  erasures: Erasures | undefined,
  { payload, receivedAt }: Pick<EventRow, "payload" | "receivedAt">,
): boolean {
  const receivedMs = Date.parse(receivedAt);
  if (erasures === undefined || receivedMs > erasures.latestMs) return false;
  if (receivedMs <= erasures.forgottenMs) return true;
  let parsed: unknown;
  try {
    parsed = parseExact(payload);
  } catch {
    return true;
  }
  return erasures.values.some(({ path, salt, requestedMs }) => {
    const value = scalarAt(parsed, path);
    if (value === undefined) return false;
    const text = Buffer.from(canonicalText(value));
    const latest = requestedMs.get(hash("sha256", Buffer.concat([salt, text])));
    return latest !== undefined && receivedMs <= latest;
  });
}
