import { createHash } from "node:crypto";
import { describe, expect, it, test } from "vitest";
import { hashOf, inclusionPath, rootFromPath, rootOf } from "../../../lib/trail/merkle.ts";

/**
 * The leaves and roots of Certificate Transparency's reference tests, which its implementations share:
 * https://github.com/google/certificate-transparency/blob/master/cpp/merkletree/merkle_tree_test.cc
 */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];
const hashes = LEAVES.map((hex) => hashOf("leaf", Buffer.from(hex, "hex")));

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

test.each(ROOTS.map((root, size) => [size, root] as const))(
  "the root of %i leaves equals the reference",
  (size, root) => {
    expect(rootOf(hashes.slice(0, size))).toBe(root);
    expect(mth(hashes.slice(0, size))).toBe(root);
  },
);

/** From the same tests: leaf (from 1 on), size, path. */
const PATHS: [number, number, string[]][] = [
  [1, 1, []],
  [
    1,
    8,
    [
      "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
  ],
  [
    6,
    8,
    [
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
      "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
  ],
  [3, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]],
  [
    2,
    5,
    [
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
      "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
  ],
];

test.each(PATHS)("the path of leaf %i of %i equals the reference", (leaf, size, expected) => {
  const leaves = hashes.slice(0, size);
  expect(inclusionPath(leaves, leaf - 1)).toEqual(expected);
  expect(rootFromPath(leaves[leaf - 1] ?? "", leaf - 1, size, expected)).toBe(ROOTS[size]);
});

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
