/**
 * The meters that this process has seen. They are only expected: whether a meter counts a batch is decided by the statement that stores the
 * batch. A meter does not change until it is deleted.
 */
import type { LiveMeter } from "./cells.ts";

/** Clients whose meters are kept; each has at most 20. */
const MAX_CLIENTS = 1_000;

/** By client, then by id. */
const known = new Map<string, Map<string, LiveMeter>>();

/** The known meters of these events' clients. */
export function knownMeters(events: readonly { clientId: string }[]): LiveMeter[] {
  if (known.size === 0) return [];
  const clients = new Set(events.map(({ clientId }) => clientId));
  return Array.from(clients).flatMap((client) => [...(known.get(client)?.values() ?? [])]);
}

/** Keeps a meter. If there are too many clients, those that have been known for longest are forgotten. */
export function rememberMeter(meter: LiveMeter): void {
  const ofClient = known.get(meter.client) ?? new Map<string, LiveMeter>();
  known.set(meter.client, ofClient.set(meter.id, meter));
  for (const client of known.keys()) {
    if (known.size <= MAX_CLIENTS) return;
    known.delete(client);
  }
}

/** Forgets a deleted meter. */
export function forgetMeter({ client, id }: LiveMeter): void {
  const ofClient = known.get(client);
  ofClient?.delete(id);
  if (ofClient?.size === 0) known.delete(client);
}
