/** Proofs of single entries, and the checkpoints that they lead to. */
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import * as contract from "../../../lib/audit/contract.ts";
import { proofOf } from "../../../lib/audit/read/proof.ts";
import type { Audited } from "../../../lib/audit/record/seal.ts";
import { uuidv7 } from "../../../lib/base/ids.ts";
import type { Checkpoint } from "../../../lib/trail/checkpoint.ts";
import { checkProof, type Proof, parseProof } from "../../../lib/trail/prove.ts";
import { calls, DAY, makeCheckpoint, sealCalls, signingKey } from "../../support/audit/trail.ts";
import { atEnd } from "../../support/cleanup.ts";
import { type Ask, asker } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const key = signingKey();
const keys = [key.publicKey];
let deps: Deps;
let admin: Ask;
let acme: Ask;
let rounds: Audited[][];
let checkpoints: Checkpoint[];

beforeAll(async () => {
  deps = await testDeps({ databasePoolSize: 4 });
  admin = asker(deps, (await addClient(deps, "boss", { scopes: ["admin"] })).secret);
  acme = asker(deps, (await addClient(deps, "acme", { scopes: ["audit"] })).secret);
  await deps.sql`DELETE FROM audit_lanes WHERE lane > 1`;
  rounds = [];
  checkpoints = [];
  for (let round = 0; round < 8; round++) {
    const rows = calls(round + 3, DAY + round * 1_000, (n) => ({ client_id: n === 0 ? null : "acme" }));
    rounds.push(rows.map((row, n) => (n === 1 ? { ...row, id: uuidv7(row.at + 20) } : row)));
    await sealCalls(deps, rounds[round] ?? []);
    if (round === 3 || round === 6) checkpoints.push(await makeCheckpoint(deps, key));
  }
});

const proof = async (ask: Ask, id = ""): Promise<Proof> => {
  const { status, text } = await ask(contract.getProof, { params: { request_id: id } });
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
    const refused = await acme(contract.getProof, { params: { request_id: other.id } });
    expect([refused.status, refused.body.code]).toEqual([404, "not-found"]);
    const unknown = await admin(contract.getProof, { params: { request_id: uuidv7(Date.now()) } });
    expect(unknown.status).toBe(404);
    expect((await admin(contract.getProof, { params: { request_id: "x" } })).status).toBe(400);
  });

  it("returns a proof after an erasure of personal data, and reports when entries beside it are gone", async () => {
    const [, , erased] = rounds[5] as Audited[];
    await deps.sql`
      DELETE FROM audit_personal p USING audit_log a
       WHERE a.request_id = ${erased?.id ?? ""} AND p.lane = a.lane AND p.seal = a.seal AND p.leaf = a.leaf`;
    const given = await proof(admin, erased?.id);
    expect([given.personal, checkProof(given, keys)]).toEqual([null, undefined]);
    const [, beside] = rounds[5] as Audited[];
    await deps.sql`DELETE FROM audit_log WHERE request_id = ${beside?.id ?? ""}`;
    const refused = await admin(contract.getProof, { params: { request_id: erased?.id ?? "" } });
    expect([refused.status, refused.body.code]).toEqual([409, "unprovable"]);
    await expect(proofOf(deps.sql, erased?.id ?? "", null)).rejects.toThrow("does not match");
  });
});

describe("GET /v1/audit/checkpoints", () => {
  it("lists checkpoints as signed, page by page, from a number on", async () => {
    const all = await admin(contract.listCheckpoints);
    expect(all.body).toEqual({ checkpoints, next_cursor: null });
    const first = await acme(contract.listCheckpoints, { query: { limit: "1" } });
    expect(first.body.checkpoints).toEqual([checkpoints[0]]);
    const second = await admin(contract.listCheckpoints, {
      query: { limit: "1", cursor: String(first.body.next_cursor) },
    });
    expect(second.body).toEqual({ checkpoints: [checkpoints[1]], next_cursor: null });
    expect((await admin(contract.listCheckpoints, { query: { after: "1" } })).body.checkpoints).toEqual([
      checkpoints[1],
    ]);
    expect((await admin(contract.listCheckpoints, { query: { after: "2" } })).body.checkpoints).toEqual([]);
    expect((await admin(contract.listCheckpoints, { query: { cursor: "bm9uZQ" } })).status).toBe(400);
  });
});

describe("docs/audit.md", () => {
  it("describes a manual check of a proof that works", async () => {
    const text = await readFile(new URL("../../../docs/audit.md", import.meta.url), "utf8");
    const [, script = ""] = /```js\n(.*?)```/s.exec(text) ?? [];
    const folder = await mkdtemp(join(tmpdir(), "weir-proof-"));
    atEnd(() => rm(folder, { recursive: true, force: true }));
    const write = (name: string, content: string) => writeFile(join(folder, name), content);
    await write("prove.mjs", script);
    await write("key.pem", key.publicKey.export({ type: "spki", format: "pem" }) as string);
    const given = await proof(admin, rounds[1]?.[3]?.id);
    const edited = { ...given, seal: { ...given.seal, sealed_at: given.checkpoint?.made_at } };
    const proofs = [
      given,
      { ...given, entry: { ...given.entry, status: 500 } },
      edited,
      { ...given, leaf: 0 },
    ];
    const codes: number[] = [];
    for (const one of proofs) {
      await write("proof.json", JSON.stringify(one));
      const words = ["prove.mjs", "proof.json", "key.pem"];
      codes.push(spawnSync(process.execPath, words, { cwd: folder }).status ?? -1);
    }
    expect(codes).toEqual([0, 1, 1, 1]);
  });
});
