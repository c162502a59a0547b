/** Searches for the highest rate that the system sustains. */

export interface Ladder {
  /** The lowest rate. */
  first: number;
  /** Factor between successive rates. */
  step: number;
  /** Maximum number of rates to try. */
  most: number;
}

/**
 * Tries rates in ascending order and stops at the first that is not sustained.
 * @returns the last sustained rate; undefined if no rate was sustained
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
