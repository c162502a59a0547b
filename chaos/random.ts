/** Random numbers from a seed. */
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

export interface Random {
  /** An integer from `from` to `to`, inclusive. */
  int(from: number, to: number): number;
  /** True with this probability, to a thousandth. */
  chance(probability: number): boolean;
  /** @throws if there is nothing to choose from */
  pick<T>(choices: readonly T[]): T;
}

/**
 * @param seed 32-bit integer
 * @param stream name of an independent sequence of the same seed, so that the parts do not affect each other
 */
export function random(seed: number, stream: string): Random {
  let mixed = seed | 0;
  for (const character of stream) mixed = (Math.imul(mixed, 31) + (character.codePointAt(0) ?? 0)) | 0;
  const generator = xoroshiro128plus(mixed);
  const int = (from: number, to: number): number => uniformInt(generator, from, to);
  return {
    int,
    chance: (probability) => int(1, 1_000) <= probability * 1_000,
    pick: <T>(choices: readonly T[]): T => {
      if (choices.length === 0) throw new RangeError("There is nothing to choose from.");
      return choices[int(0, choices.length - 1)] as T;
    },
  };
}
