/** What a scavenge, the collection of young objects, leaves of finished calls. */
import v8 from "node:v8";
import { runInNewContext } from "node:vm";

v8.setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options: { type: "major" | "minor" }) => void;

const CALLS = 200;
/** Characters that each call holds: less than a large object, which has pages of its own. */
const HELD = 20_000;

/** In some rounds, code and types that V8 makes on the way become old too; in others, V8 frees old objects meanwhile. */
const ROUNDS = 5;

/**
 * Makes calls one after another, each with a text that it holds until it ends.
 * @returns the share of these texts that is in the old generation after all calls have ended and two scavenges have run, the median of all
 * rounds: 0 if calls leave nothing, 1 if only the collection of old objects frees what they held
 */
export async function keptShare(call: (text: string) => Promise<unknown>): Promise<number> {
  const run = async (): Promise<void> => {
    for (let index = 0; index < CALLS; index++) await call(textOf(index));
  };
  await run();
  const shares: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    collect({ type: "major" });
    collect({ type: "major" });
    const before = oldBytes();
    await run();
    // An object that survives one scavenge becomes old with the second.
    collect({ type: "minor" });
    collect({ type: "minor" });
    shares.push((oldBytes() - before) / (CALLS * HELD));
  }
  return shares.toSorted((a, b) => a - b)[(ROUNDS - 1) / 2] ?? Number.NaN;
}

/** A text that is on the heap in one piece. */
const textOf = (index: number): string => Buffer.alloc(HELD, `${index} `).toString("latin1");

const oldBytes = (): number =>
  v8
    .getHeapSpaceStatistics()
    .filter(({ space_name }) => !space_name.startsWith("new_"))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0);
