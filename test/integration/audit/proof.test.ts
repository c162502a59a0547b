/** Proofs of single entries, and the checkpoints that they lead to. */
import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as contract from "../../../lib/audit/contract.ts";
import { proofOf } from "../../../lib/audit/read/proof.ts";
import type { Audited } from "../../../lib/audit/record/seal.ts";
import { uuidv7 } from "../../../lib/base/ids.ts";
import type { Checkpoint } from "../../../lib/trail/checkpoint.ts";
import { checkProof, type Proof, parseProof } from "../../../lib/trail/prove.ts";
import { calls, DAY, makeCheckpoint, sealCalls, signingKey } from "../../support/audit/trail.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { listAll } from "../../support/http/pages.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { type Ask, askerOf } from "../../support/http/reading.ts";
import { testDeps } from "../../support/servers/deps.ts";

const key = signingKey();
const keys = [key.publicKey];
const deps = await testDeps({ databasePoolSize: 4 });
const admin = await askerOf(deps, "boss", ["admin"]);
const acme = await askerOf(deps, "acme", ["audit"]);
const rounds: Audited[][] = [];
const checkpoints: Checkpoint[] = [];

await deps.sql`DELETE FROM audit_lanes WHERE lane > 1`;
for (let round = 0; round < 8; round++) {
  const rows = calls(round + 3, DAY + round * 1_000, (n) => ({ client_id: n === 0 ? null : "acme" }));
  rounds.push(rows.map((row, n) => (n === 1 ? { ...row, id: uuidv7(row.at + 20) } : row)));
  await sealCalls(deps, rounds[round] ?? []);
  if (round === 3 || round === 6) checkpoints.push(await makeCheckpoint(deps, key));
}

const request = (ask: Ask, id = "") => ask(contract.getProof, { params: { request_id: id } });

const proof = async (ask: Ask, id = ""): Promise<Proof> => {
  const { status, text } = await request(ask, id);
  expect(status).toBe(200);
  return parseProof(text);
};

describe("GET /v1/audit/{request_id}/proof", () => {
  it("proves every entry that a checkpoint covers, and nothing else", async () => {
    for (const [round, rows] of rounds.entries())
      for (const { id } of rows) {
        const given = await proof(admin, id);
        expect(given.entry.request_id).toBe(id);
        expect(checkProof(given, keys)).toBeUndefined();
        expect(given.checkpoint?.checkpoint ?? null).toBe(round <= 3 ? 1 : round <= 6 ? 2 : null);
        expect(given.note === null).toBe(round < 7);
      }
  });

  it("returns a proof that fails if any value in it is altered", async () => {
    const given = await proof(admin, rounds[0]?.[2]?.id);
    expect(given.chain.length).toBeGreaterThan(0);
    const text = JSON.stringify(given);
    let changes = 0;
    for (const { 0: value, index } of text.matchAll(/"[^"]*"(?=[,}\]])|\b\d+\b(?=[,}\]])|true/g)) {
      const other = value.startsWith('"') ? `"${value.slice(1, -1)}00"` : "77";
      const edited = `${text.slice(0, index)}${other}${text.slice(index + value.length)}`;
      let fault: unknown;
      try {
        fault = checkProof(parseProof(edited), keys);
      } catch (error) {
        fault = error;
      }
      expect([edited, fault]).not.toEqual([edited, undefined]);
      changes += 1;
    }
    expect(changes).toBeGreaterThan(40);
    expect(checkProof({ ...given, chain: given.chain.slice(1) }, keys)).toBeDefined();
    expect(checkProof({ ...given, path: given.path.slice(1) }, keys)).toMatchObject({ kind: "entry" });
    expect(checkProof(given, [signingKey().publicKey])).toMatchObject({ kind: "checkpoint" });
  });

  it("returns proofs of the key's own client's calls only, without admin", async () => {
    const [other, own] = rounds[2] as [Audited, Audited];
    expect((await proof(acme, own.id)).entry.client_id).toBe("acme");
    expectProblem(await request(acme, other.id), 404, "not-found");
    expect((await request(admin, uuidv7(Date.now()))).status).toBe(404);
    expect((await request(admin, "x")).status).toBe(400);
  });

  it("returns a proof after an erasure of personal data, and reports when entries beside it are gone", async () => {
    const [, beside, erased] = rounds[5] as [Audited, Audited, Audited];
    await deps.sql`
      DELETE FROM audit_personal p USING audit_log a
       WHERE a.request_id = ${erased.id} AND p.lane = a.lane AND p.seal = a.seal AND p.leaf = a.leaf`;
    const given = await proof(admin, erased.id);
    expect([given.personal, checkProof(given, keys)]).toEqual([null, undefined]);
    await deps.sql`DELETE FROM audit_log WHERE request_id = ${beside.id}`;
    expectProblem(await request(admin, erased.id), 409, "unprovable");
    await expect(proofOf(deps.sql, erased.id, null)).rejects.toThrow("does not match");
  });
});

describe("GET /v1/audit/checkpoints", () => {
  it("lists checkpoints as signed, page by page, from a number on", async () => {
    const list = async (ask: Ask, query: Record<string, string> = {}) =>
      (await ask(contract.listCheckpoints, { query })).body;
    expect(await list(admin)).toEqual({ checkpoints, next_cursor: null });
    const one = { limit: "1" };
    for (const ask of [admin, acme])
      expect(await listAll(ask, contract.listCheckpoints, "checkpoints", one)).toEqual(checkpoints);
    expect((await list(admin, { after: "1" })).checkpoints).toEqual([checkpoints[1]]);
    expect((await list(admin, { after: "2" })).checkpoints).toEqual([]);
    expect((await list(admin, { cursor: "bm9uZQ" })).status).toBe(400);
  });
});

describe("docs/audit.md", () => {
  it("describes a manual check of a proof that works", async () => {
    const text = await readFile(new URL("../../../docs/audit.md", import.meta.url), "utf8");
    const [, script = ""] = /```js\n(.*?)```/s.exec(text) ?? [];
    const folder = await temporaryFolder();
    const write = (name: string, content: string) => writeFile(join(folder, name), content);
    await write("prove.mjs", script);
    await write("key.pem", key.publicKey.export({ type: "spki", format: "pem" }) as string);
    const given = await proof(admin, rounds[1]?.[3]?.id);
    const proofs = [
      given,
      { ...given, entry: { ...given.entry, status: 500 } },
      { ...given, seal: { ...given.seal, sealed_at: given.checkpoint?.made_at } },
      { ...given, leaf: 0 },
    ];
    const codes: (number | null)[] = [];
    for (const one of proofs) {
      await write("proof.json", JSON.stringify(one));
      const words = ["prove.mjs", "proof.json", "key.pem"];
      codes.push(spawnSync(process.execPath, words, { cwd: folder }).status);
    }
    expect(codes).toEqual([0, 1, 1, 1]);
  });
});
