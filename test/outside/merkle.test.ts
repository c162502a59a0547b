/** Audit proofs, verified by transparency-dev's Merkle trees in Go. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { proofOf } from "../../lib/audit/read/proof.ts";
import type { Proof } from "../../lib/trail/prove.ts";
import { calls, sealCalls } from "../support/audit/trail.ts";
import { atEnd } from "../support/cleanup.ts";
import { mustRun } from "../support/command.ts";
import { testDeps } from "../support/servers/deps.ts";

const SOURCE = new URL("merkle", import.meta.url).pathname;

let deps: Deps;
let program: string;
beforeAll(async () => {
  deps = await testDeps();
  const folder = await mkdtemp(join(tmpdir(), "weir-merkle-"));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  program = join(folder, "merkle");
  const env = { ...process.env, GOFLAGS: "-mod=readonly" };
  await mustRun("go", ["build", "-o", program, "."], { cwd: SOURCE, env });
});

const holds = (proof: Proof): boolean =>
  spawnSync(program, { input: JSON.stringify(proof), encoding: "utf8" }).status === 0;

const flipped = (hex: string): string => hex.replace(/^./, (digit) => (digit === "0" ? "1" : "0"));

describe("an audit proof", () => {
  it("is valid for every entry of seals of many sizes, and for no other path, leaf or root", async () => {
    for (const count of [1, 2, 3, 7, 8, 33]) {
      const rows = calls(count);
      await sealCalls(deps, rows);
      for (const { id } of rows) {
        const proof = await proofOf(deps.sql, id, null);
        expect(holds(proof)).toBe(true);
        const { root, ...seal } = proof.seal;
        expect(holds({ ...proof, seal: { ...seal, root: flipped(root) } })).toBe(false);
        expect(holds({ ...proof, leaf: proof.leaf + 1 })).toBe(false);
        expect(holds({ ...proof, path: [...proof.path, proof.hash] })).toBe(false);
      }
    }
  });
});
