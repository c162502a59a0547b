/** The search for the highest rate that holds. */

export interface Ladder {
  /** The lowest rate, and the easiest to hold. */
  first: number;
  /** By how much a rate is above the one before. */
  step: number;
  /** Rates that are tried at the most. */
  most: number;
}

/**
 * Tries rates upwards and stops at the first that does not hold.
 * @returns the last that held; undefined where not even the first did
 */
export async function climb(
  { first, step, most }: Ladder,
  holds: (rate: number) => Promise<boolean>,
): Promise<number | undefined> {
  let highest: number | undefined;
  for (let tried = 0, rate = first; tried < most; tried++, rate = Math.round((rate * step) / 100) * 100) {
    if (!(await holds(rate))) break;
    highest = rate;
  }
  return highest;
}
