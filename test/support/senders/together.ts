/** Senders that send at the same time while the system breaks. */
import { beforeAll, expect } from "vitest";
import type { Config } from "../../../lib/config/config.ts";
import { type FaultySystem, faultySystem, type Kept, type Row, type Target } from "./faulty-system.ts";
import type { Run, Sender } from "./run.ts";

/** What became of a sender's events. */
export interface Ending {
  run: Run;
  kept: Kept;
}

export interface Options {
  /** Settings of the senders' clients. */
  client?: object;
  /** What identifies a stored event to its sender; by default its id, or the body of a log record, which has no id of its sender's. */
  idOf?: (row: Row) => string;
}
const defaultIdOf = ({ payload, event_id }: Row): string => JSON.parse(payload).body ?? event_id;

/**
 * Before the tests, lets all senders send to one system, since a fault takes seconds, and breaks it.
 * @returns the ending of a sender by its name, for tests
 */
export function sendTogether(
  queue: Config["queue"],
  senders: Readonly<Record<string, Sender>>,
  { client = {}, idOf = defaultIdOf }: Options = {},
): (name: string) => Promise<Ending> {
  let system: FaultySystem;
  const targets = new Map<string, Target>();
  const runs = new Map<string, Run>();
  beforeAll(async () => {
    system = await faultySystem(queue);
    for (const name of Object.keys(senders)) targets.set(name, await system.target(client));
    let going = true;
    const running = Promise.all(
      [...targets].map(async ([name, target]) => {
        const run = await senders[name]?.(target, () => going);
        if (run) runs.set(name, run);
      }),
    );
    // A sender that fails ends the wait for what it should see.
    await Promise.race([system.breakAll([...targets.values()]), running]).finally(() => {
      going = false;
    });
    await running;
  });
  return async (name) => {
    const [target, run] = [targets.get(name), runs.get(name)];
    if (!target || !run) throw new Error(`There was no sender ${name}.`);
    return { run, kept: await system.keptOf(target.client, idOf) };
  };
}

/**
 * Expects that each event is kept once: neither stored twice, nor in quarantine too, and none is missing that its sender
 * believes delivered.
 */
export function expectKeptOnce({ run, kept }: Ending): void {
  const all = [...kept.stored, ...kept.quarantined].toSorted();
  expect(all).toEqual([...new Set(all)]);
  const known = new Set(all);
  expect(run.delivered.filter((id) => !known.has(id))).toEqual([]);
  expect(run.delivered).not.toEqual([]);
}

/** Expects the same of a sender that repeats until all is delivered: then all is kept that it sent, and nothing else. */
export function expectAllKept(ending: Ending, quarantined: readonly string[] = []): void {
  const { run, kept } = ending;
  expectKeptOnce(ending);
  expect(run.delivered.toSorted()).toEqual(run.sent.toSorted());
  expect([...kept.stored, ...kept.quarantined].toSorted()).toEqual(run.sent.toSorted());
  expect(kept.quarantined).toEqual(quarantined);
}

/** Of Segment's calls in tests, each 30th is too long, and goes to quarantine. */
export const tooLong = ({ sent }: Run): string[] => sent.filter((_, n) => n % 30 === 0);
