/**
 * Merkle trees as Certificate Transparency has them: RFC 6962, section 2.1, https://www.rfc-editor.org/rfc/rfc6962
 * Leaves and inner nodes are hashed with different first bytes, so that neither can be taken for the other. Hashes are
 * SHA-256, in lower-case hexadecimal.
 */
import { createHash, hash } from "node:crypto";

const NODE = Buffer.of(0x01);

/** What each kind of content is hashed behind; `leaf` is RFC 6962's own, `seal` and `checkpoint` are ours. */
const DOMAINS = { leaf: "\x00", seal: "\x02", checkpoint: "\x03" };

/** Hash of a content of its kind. */
export const hashOf = (kind: keyof typeof DOMAINS, content: string | Buffer): string =>
  typeof content === "string"
    ? hash("sha256", DOMAINS[kind] + content)
    : createHash("sha256").update(DOMAINS[kind]).update(content).digest("hex");

const nodeOf = (left: string, right: string): string =>
  createHash("sha256").update(NODE).update(left, "hex").update(right, "hex").digest("hex");

/** Root of the tree over these leaves' hashes; of none it is the hash of nothing. */
export function rootOf(leaves: readonly string[]): string {
  let level = leaves;
  while (level.length > 1) level = nextLevel(level);
  return level[0] ?? createHash("sha256").digest("hex");
}

/**
 * A node without a neighbour goes up as it is: that makes the tree which the RFC describes by splitting at the largest
 * power of two.
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
 * The audit path of a leaf (RFC 6962, section 2.1.1): the hashes to join it with, from its neighbour up to the root.
 * @throws {RangeError} when there is no such leaf
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
 * The root that a leaf and its path lead to (RFC 9162, section 2.1.3.2).
 * @param size number of leaves
 * @returns undefined where the path can't be one of such a leaf
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
      // Goes up as it is where it has no neighbour.
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else root = nodeOf(root, neighbour);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root : undefined;
}
