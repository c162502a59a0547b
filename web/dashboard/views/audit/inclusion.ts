import { nodeOf } from "./hashes.ts";

/**
 * Computes a Merkle tree's root from one of its leaves and the leaf's path (RFC 9162, section 2.1.3.2). The same rule as
 * `rootFromPath` of `lib/trail`, which depends on Node.js; a test compares the two.
 * @param size number of leaves
 * @returns undefined if the path does not fit the leaf's position
 * @throws {SyntaxError} if a hash is not hexadecimal
 */
export function climb(hash: string, leaf: number, size: number, path: readonly string[]): string | undefined {
  if (!(Number.isSafeInteger(leaf) && leaf >= 0 && leaf < size)) return undefined;
  let node = hash;
  let [at, last] = [leaf, size - 1];
  const up = (): void => {
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  };
  for (const neighbour of path) {
    if (last === 0) return undefined;
    const isRight = at % 2 === 1;
    node = isRight || at === last ? nodeOf(neighbour, node) : nodeOf(node, neighbour);
    // The last node of a level without a sibling moves up unchanged.
    if (!isRight && at === last) while (at % 2 === 0 && at !== 0) up();
    up();
  }
  return last === 0 ? node : undefined;
}
