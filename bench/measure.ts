/** Contenders measured in turn, and the loops that load them. */
import type { Bench } from "./part.ts";
import { quantile } from "./statistics.ts";

/** What one repeat of one contender gave, by name. */
export type Sample = Record<string, number>;

export interface Contender {
  name: string;
  /** One repeat. What it prepares for itself it does before it takes the time. */
  run(seconds: number): Promise<Sample>;
}

/** The repeats of each contender, in the same order for all. */
export type Measured = Map<string, Sample[]>;

/**
 * Runs all contenders once without counting, and then in turn until each has had its repeats, so that whatever changes
 * on the machine meanwhile hits all alike. Every second round goes backwards: none always follows the same other.
 */
export async function interleave(
  { scale: { repeats, seconds }, say }: Pick<Bench, "scale" | "say">,
  contenders: readonly Contender[],
): Promise<Measured> {
  const measured: Measured = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= repeats; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const [index, { name, run }] of order.entries()) {
      const what = round === 0 ? "warm-up" : `repeat ${round} of ${repeats}`;
      say(`${what}, ${index + 1} of ${order.length}: ${name}`);
      const sample = await run(round === 0 ? seconds / 3 : seconds);
      if (round > 0) measured.get(name)?.push(sample);
    }
  }
  return measured;
}

/** One quantity of one contender over the repeats. @throws for a name that nobody measured */
export function valuesOf(measured: Measured, name: string, quantity: string): number[] {
  const values = measured.get(name)?.map((sample) => sample[quantity] ?? Number.NaN);
  if (values === undefined) throw new Error(`Nothing was measured under the name ${name}.`);
  return values;
}

/** A quantity of one contender as a share of that of another, repeat by repeat. */
export function ratios(measured: Measured, name: string, other: string, quantity = "perSecond"): number[] {
  const below = valuesOf(measured, other, quantity);
  return valuesOf(measured, name, quantity).map((value, repeat) => value / (below[repeat] ?? Number.NaN));
}

/**
 * A closed loop: so many callers, each with its next call as soon as the last is answered.
 * @returns calls per second, times `weight`, and the milliseconds of a call
 */
export async function closedLoop(
  concurrency: number,
  seconds: number,
  call: () => Promise<unknown>,
  weight = 1,
): Promise<Sample> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + seconds * 1_000;
  const caller = async (): Promise<void> => {
    for (let before = performance.now(); before < end; ) {
      await call();
      const now = performance.now();
      times.push(now - before);
      before = now;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return toSample(times, (times.length * weight) / ((performance.now() - start) / 1_000));
}

const toSample = (times: readonly number[], perSecond: number): Sample => ({
  perSecond,
  meanMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
});
