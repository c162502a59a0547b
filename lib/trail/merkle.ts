/**
 * Merkle trees as in Certificate Transparency: RFC 6962, section 2.1, https://www.rfc-editor.org/rfc/rfc6962
 * Leaves and inner nodes are hashed with different prefixes, so that one cannot be mistaken for the other. Hashes are
 * SHA-256, in lower-case hexadecimal.
 */
import { createHash, hash } from "node:crypto";

const NODE = Buffer.of(0x01);

/** Hash prefix of each kind of content; `leaf` is from RFC 6962, `seal` and `checkpoint` are ours. */
const DOMAINS = { leaf: "\x00", seal: "\x02", checkpoint: "\x03" };

/** Hash of a content with the prefix of its kind. */
export const hashOf = (kind: keyof typeof DOMAINS, content: string | Buffer): string =>
  typeof content === "string"
    ? hash("sha256", DOMAINS[kind] + content)
    : createHash("sha256").update(DOMAINS[kind]).update(content).digest("hex");

/** A node's prefix and its two children: hashed in one call, which takes less than half as long as a hash object. */
const pair = Buffer.alloc(NODE.length + 64);
NODE.copy(pair);

function nodeOf(left: string, right: string): string {
  const isWritten = left.length === 64 && right.length === 64 && pair.write(left, 1, "hex") === 32;
  if (isWritten && pair.write(right, 33, "hex") === 32) return hash("sha256", pair);
  // A hash that somebody has changed, of another length or not in hexadecimal.
  return createHash("sha256").update(NODE).update(left, "hex").update(right, "hex").digest("hex");
}

/** Root of the tree over these leaf hashes; for an empty tree, the hash of an empty string. */
export function rootOf(leaves: readonly string[]): string {
  let level = leaves;
  while (level.length > 1) level = nextLevel(level);
  return level[0] ?? createHash("sha256").digest("hex");
}

/**
 * A node without a sibling moves up unchanged, which yields the same tree as the RFC's split at the largest power of
 * two.
 */
function nextLevel(level: readonly string[]): string[] {
  const next: string[] = [];
  for (let at = 0; at < level.length; at += 2) {
    const [left = "", right] = [level[at], level[at + 1]];
    next.push(right === undefined ? left : nodeOf(left, right));
  }
  return next;
}

/**
 * The audit path of a leaf (RFC 6962, section 2.1.1): the hashes to combine it with, from its sibling up to the root.
 * @throws {RangeError} if there is no such leaf
 */
export function inclusionPath(leaves: readonly string[], leaf: number): string[] {
  if (leaves[leaf] === undefined) throw new RangeError(`There is no leaf ${leaf} among ${leaves.length}.`);
  const path: string[] = [];
  let at = leaf;
  for (let level = leaves; level.length > 1; level = nextLevel(level)) {
    const neighbour = level[at ^ 1];
    if (neighbour !== undefined) path.push(neighbour);
    at >>= 1;
  }
  return path;
}

/**
 * Computes the root from a leaf and its path (RFC 9162, section 2.1.3.2).
 * @param size number of leaves
 * @returns undefined if the path does not fit the leaf's position
 */
export function rootFromPath(
  hash: string,
  leaf: number,
  size: number,
  path: readonly string[],
): string | undefined {
  if (!(leaf >= 0 && leaf < size)) return undefined;
  let root = hash;
  let [at, last] = [leaf, size - 1];
  for (const neighbour of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      root = nodeOf(neighbour, root);
      // Without a sibling it moves up unchanged.
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else root = nodeOf(root, neighbour);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : undefined;
}
