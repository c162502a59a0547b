/** `weir audit`: what an operator exports, and what an auditor checks with files alone. */
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { proofOf } from "../../../lib/audit/read/proof.ts";
import type { Checkpoint } from "../../../lib/trail/checkpoint.ts";
import { calls, DAY, makeCheckpoint, sealCalls, signingKey } from "../../support/audit/trail.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { parseCsv } from "../../support/http/csv.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { type Outcome, weir } from "../../support/weir.ts";

const key = signingKey();
const deps = await testDeps();
const folder = await temporaryFolder();
const rows = calls(11_000, DAY, (n) => ({ status: n % 10 ? 200 : 404 }));
const checkpoints: Checkpoint[] = [];
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  for (const part of [rows.slice(0, 6_000), rows.slice(6_000)]) {
    await sealCalls(deps, part);
    checkpoints.push(await makeCheckpoint(deps, key));
  }
  await writeFile(file("key.pem"), key.publicKey.export({ type: "spki", format: "pem" }));
  await writeFile(file("other.pem"), signingKey().publicKey.export({ type: "spki", format: "pem" }));
});

const operator = (...words: string[]): Promise<Outcome> =>
  weir(["audit", ...words], { DATABASE_URL: deps.config.databaseUrl, REDIS_URL: deps.config.redisUrl });

/** Runs with an invalid configuration and without any server. */
const auditor = (words: string[], input = ""): Promise<Outcome> =>
  weir(["audit", ...words], { DATABASE_URL: "nowhere", REDIS_URL: "none", WEIR_DATA_DIR: "/nowhere" }, input);

describe("weir audit export", () => {
  it("writes the complete trail in any number of pieces, and takes filters", async () => {
    const all = await operator("export", "--out", file("audit.ndjson"));
    expect(all).toEqual({ code: 0, out: "", err: expect.stringMatching(/^11000 entries, \d+\.\d MB$/) });
    const filters = ["--status", "4xx", "--client", "acme"];
    const some = await operator("export", ...filters, "--out", file("some.ndjson"));
    expect(some.err).toMatch(/^1100 entries/);
    const csv = await operator("export", "--format", "csv", "--request-id", rows[3]?.id ?? "");
    expect(parseCsv(csv.out).slice(1)).toEqual([expect.arrayContaining([rows[3]?.id])]);
    expect((await readdir(folder)).sort()).toEqual(["audit.ndjson", "key.pem", "other.pem", "some.ndjson"]);
    expect((await operator("export", "--status", "all")).err).toContain("a class such as 4xx");
    expect((await operator("export", "--request-id", "x")).err).toContain("UUID");
  });
});

describe("weir audit checkpoints", () => {
  it("prints checkpoints for copies, starting after the last copy", async () => {
    const all = await operator("checkpoints");
    await appendFile(file("copies.ndjson"), all.out);
    expect(all.out).toBe(checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(""));
    expect((await operator("checkpoints", "--after", "1")).out).toBe(`${JSON.stringify(checkpoints[1])}\n`);
    expect((await operator("checkpoints", "--after", "2")).out).toBe("");
  });
});

describe("weir audit verify", () => {
  const printing = (code: number, text: string) => ({ code, out: expect.stringContaining(text) });
  const failing = (text: string) => ({ code: 2, err: expect.stringContaining(text) });

  it("reports that an export is valid, and what was not checked", async () => {
    const full = await auditor([
      "verify", file("audit.ndjson"), "--checkpoints", file("copies.ndjson"), "--public-key", file("other.pem"), file("key.pem"),
    ]); // biome-ignore format: one line of words
    expect(full).toMatchObject({ code: 0, err: "" });
    const valid = /^Valid: 11,000 entries in \d+ seals, 2 checkpoints\.\nThe last checkpoint is 2, /;
    expect(full.out).toMatch(valid);
    const bare = await auditor(["verify", "-"], await readFile(file("audit.ndjson"), "utf8"));
    expect(bare).toMatchObject(printing(0, "Signatures of checkpoints were not checked"));
    const some = await auditor(["verify", file("some.ndjson"), "--public-key", file("key.pem")]);
    expect(some).toMatchObject(printing(0, "9,900 entries were excluded by the export's filter"));
  });

  it("exits with 1 and names the fault, and with 2 if a file is not readable", async () => {
    const lines = (await readFile(file("audit.ndjson"), "utf8")).split("\n");
    const { id = "-" } = rows[7_001] ?? {};
    const at = lines.findIndex((line) => line.includes(id));
    const { lane, seal, leaf } = JSON.parse(lines[at] ?? "");
    const edited = lines.with(at, (lines[at] ?? "").replace(':200,"duration', ':500,"duration'));
    await writeFile(file("edited.ndjson"), edited.join("\n"));
    const place = `entry (lane ${lane}, seal ${seal}, leaf ${leaf}, request id ${id})`;
    const text = await auditor(["verify", file("edited.ndjson")]);
    expect(text).toMatchObject(printing(1, `INVALID: ${place}`));
    const json = await auditor(["verify", file("edited.ndjson"), "--json"]);
    expect(json.code).toBe(1);
    const first_invalid = { kind: "entry", lane, seal, leaf };
    expect(JSON.parse(json.out)).toMatchObject({ valid: false, first_invalid });
    const unknown = await auditor(["verify", file("audit.ndjson"), "--public-key", file("other.pem")]);
    expect(unknown).toMatchObject(printing(1, "is signed with an unknown key"));
    await writeFile(file("bad.ndjson"), "{}\n");
    const copies = await auditor(["verify", file("audit.ndjson"), "--checkpoints", file("bad.ndjson")]);
    expect(copies).toMatchObject(failing("bad.ndjson, line 1 is not a checkpoint"));
    expect(await auditor(["verify", file("none.ndjson")])).toMatchObject(failing("no such file"));
  });
});

describe("weir audit prove", () => {
  it("checks a proof", async () => {
    const proof = await proofOf(deps.sql, rows[5]?.id ?? "", null);
    await writeFile(file("proof.json"), JSON.stringify(proof));
    const good = await auditor(["prove", file("proof.json"), "--public-key", file("key.pem")]);
    const valid = /^Valid: the call .*\nCheckpoint 1, made at .* includes it\.\n$/;
    expect(good).toMatchObject({ code: 0, out: expect.stringMatching(valid) });
    const edited = JSON.stringify({ ...proof, entry: { ...proof.entry, status: 500 } });
    const bad = await auditor(["prove", "-", "--public-key", file("key.pem")], edited);
    expect(bad).toMatchObject({ code: 1, out: expect.stringContaining("INVALID: entry") });
    const json = await auditor(["prove", file("proof.json"), "--json"]);
    expect(JSON.parse(json.out)).toEqual({ valid: true, signatures: "unchecked", checkpoint: 1 });
    expect((await auditor(["prove", "-"], "{}")).err).toContain("v: ");
  });
});
