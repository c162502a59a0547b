/** Measures contenders in turn, and drives the load. */
import type { Bench } from "./part.ts";
import { processorMs } from "./processor.ts";
import { mean, quantile } from "./statistics.ts";

/** The values of one repeat of one contender, by name. */
export type Sample = Record<string, number>;

export interface Contender {
  name: string;
  /** One repeat. Preparation is not timed. */
  run(seconds: number): Promise<Sample>;
}

/** The repeats of each contender, in the same order for all contenders. */
export type Measured = Map<string, Sample[]>;

/**
 * Warms up all contenders once, then runs them in turn until each has had its repeats, so that changes on the machine
 * affect all equally. Every second round runs in reverse order, so that no contender always follows the same other one.
 */
export async function interleave(
  { scale: { repeats, seconds }, say, settle }: Pick<Bench, "scale" | "say" | "settle">,
  contenders: readonly Contender[],
): Promise<Measured> {
  const measured: Measured = new Map(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= repeats; round++) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed();
    for (const [index, { name, run }] of order.entries()) {
      const what = round === 0 ? "warm-up" : `repeat ${round} of ${repeats}`;
      say(`${what}, ${index + 1} of ${order.length}: ${name}`);
      await settle();
      const sample = await run(round === 0 ? seconds / 3 : seconds);
      if (round > 0) measured.get(name)?.push(sample);
    }
  }
  return measured;
}

/** The values of one quantity of one contender over the repeats. @throws if the name was not measured */
export function valuesOf(measured: Measured, name: string, quantity: string): number[] {
  const values = measured.get(name)?.map((sample) => sample[quantity] ?? Number.NaN);
  if (values === undefined) throw new Error(`There is no measurement with the name ${name}.`);
  return values;
}

/** The ratio of a quantity of two contenders, repeat by repeat. */
export function ratios(measured: Measured, name: string, other: string, quantity = "perSecond"): number[] {
  const below = valuesOf(measured, other, quantity);
  return valuesOf(measured, name, quantity).map((value, repeat) => value / (below[repeat] ?? Number.NaN));
}

/**
 * Adds the processor time per call in microseconds, over all processes.
 * @param pids processes, which count with their descendants; by default the bench, and so the servers that it started
 * @param run resolves with a sample that has the `count` of its calls
 */
export async function withProcessor(
  run: () => Promise<Sample>,
  pids: readonly number[] = [process.pid],
): Promise<Sample> {
  const before = processorMs(pids);
  const sample = await run();
  return { ...sample, processorUs: ((processorMs(pids) - before) * 1_000) / (sample.count ?? Number.NaN) };
}

/**
 * A closed loop: each caller sends its next call as soon as its previous one returns.
 * @returns calls and calls per second, both times `weight`, and the milliseconds of each call
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
  const count = times.length * weight;
  return { count, ...toSample(times, count / ((performance.now() - start) / 1_000)) };
}

const toSample = (times: readonly number[], perSecond: number): Sample => ({
  perSecond,
  meanMs: mean(times),
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
});
