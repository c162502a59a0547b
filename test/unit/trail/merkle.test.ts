import { createHash } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { hashOf, inclusionPath, rootFromPath, rootOf } from "../../../lib/trail/merkle.ts";
import reference from "../../fixtures/merkle.json" with { type: "json" };

const hashes = reference.leaves.map((hex) => hashOf("leaf", Buffer.from(hex, "hex")));

/** The tree as the RFC defines it, by splitting at the largest power of two below the size. */
function mth(leaves: readonly string[]): string {
  if (leaves.length <= 1) return leaves[0] ?? createHash("sha256").digest("hex");
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  const [left, right] = [mth(leaves.slice(0, k)), mth(leaves.slice(k))];
  return createHash("sha256")
    .update(Buffer.from(`01${left}${right}`, "hex"))
    .digest("hex");
}

/** PATH(m, D[n]) as in RFC 6962, section 2.1.1. */
function path(m: number, leaves: readonly string[]): string[] {
  if (leaves.length <= 1) return [];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return m < k
    ? [...path(m, leaves.slice(0, k)), mth(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), mth(leaves.slice(0, k))];
}

test.each(reference.roots.map((root, size) => [size, root] as const))(
  "the root of %i leaves equals the reference",
  (size, root) => {
    expect(rootOf(hashes.slice(0, size))).toBe(root);
    expect(mth(hashes.slice(0, size))).toBe(root);
  },
);

test.each(reference.paths)(
  "the path of leaf $leaf of $size equals the reference",
  ({ leaf, size, path: expected }) => {
    const leaves = hashes.slice(0, size);
    expect(inclusionPath(leaves, leaf - 1)).toEqual(expected);
    expect(rootFromPath(leaves[leaf - 1] ?? "", leaf - 1, size, expected)).toBe(reference.roots[size]);
  },
);

describe("in trees with 1 to 70 leaves", () => {
  const many = Array.from({ length: 70 }, (_, n) => hashOf("leaf", `leaf ${n}`));

  it("the root equals the RFC's definition", () => {
    for (let size = 0; size <= 70; size++) expect(rootOf(many.slice(0, size))).toBe(mth(many.slice(0, size)));
  });

  it("each leaf's path proves it, and no other path, leaf, place or size does", () => {
    for (let size = 1; size <= 70; size++) {
      const leaves = many.slice(0, size);
      const root = rootOf(leaves);
      for (const [leaf, hash] of leaves.entries()) {
        const proof = inclusionPath(leaves, leaf);
        expect(proof).toEqual(path(leaf, leaves));
        expect(rootFromPath(hash, leaf, size, proof)).toBe(root);
        expect(rootFromPath(hash, leaf, size, [...proof, root])).toBeUndefined();
        expect(rootFromPath(hashOf("leaf", "other"), leaf, size, proof)).not.toBe(root);
        for (const index of proof.keys()) {
          expect(rootFromPath(hash, leaf, size, proof.toSpliced(index, 1))).not.toBe(root);
          expect(rootFromPath(hash, leaf, size, proof.with(index, root))).not.toBe(root);
        }
        for (const other of [leaf - 1, leaf + 1])
          expect(rootFromPath(hash, other, size, proof)).not.toBe(root);
        expect(rootFromPath(hash, leaf, leaf, proof)).toBeUndefined();
      }
    }
  });

  it("a missing leaf has no path", () => {
    expect(() => inclusionPath(many, 70)).toThrow(RangeError);
    expect(() => inclusionPath([], 0)).toThrow(RangeError);
  });
});

test("a node can't pass as a leaf, nor a seal as either", () => {
  const [left = "", right = ""] = hashes;
  const joined = Buffer.from(left + right, "hex");
  expect(hashOf("leaf", joined)).not.toBe(rootOf([left, right]));
  expect(hashOf("seal", joined)).not.toBe(rootOf([left, right]));
});
