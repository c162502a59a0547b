import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import { type CheckpointDeps, runCheckpoint, TrailDamagedError } from "../../../lib/audit/checkpoint/make.ts";
import { keySigner } from "../../../lib/audit/checkpoint/signer.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { type Checkpoint, checkpointHash, isSignedBy, keyId } from "../../../lib/trail/checkpoint.ts";
import { canonicalJson } from "../../../lib/trail/entry.ts";
import { NO_SEAL } from "../../../lib/trail/seal.ts";
import { storedCheckpoints, type TestCheckpoints, testCheckpoints } from "../../support/audit/checkpoints.ts";
import { calls, sealCalls } from "../../support/audit/trail.ts";
import { testConfig } from "../../support/servers/deps.ts";

let deps: Deps;
let made: TestCheckpoints;
beforeEach(async () => {
  deps = createDeps(await testConfig());
  made = testCheckpoints(deps);
  return () => closeDeps(deps);
});

const run = (overrides: Partial<CheckpointDeps> = {}, now?: number) =>
  runCheckpoint({ ...made.deps, ...overrides }, { endsAt: Date.now() + 60_000, ...(now && { now }) });
const seal = (count: number): Promise<void> => sealCalls(deps, calls(count, Date.now()));

describe("a checkpoint", () => {
  it("has every lane's head, and is signed, chained to the one before, stored and logged", async () => {
    expect(await run()).toEqual({ busy: false, checkpoint: 1, copied: 0 });
    await Promise.all([seal(3), seal(2), seal(1)]);
    expect(await run()).toEqual({ busy: false, checkpoint: 2, copied: 0 });
    const [first, second] = (await storedCheckpoints(deps)) as [Checkpoint, Checkpoint];
    expect(first).toMatchObject({ v: 1, checkpoint: 1, previous: NO_SEAL, expired_before: null });
    expect(first.lanes.map(({ lane }) => lane)).toEqual(Array.from({ length: 16 }, (_, n) => n));
    expect(first.lanes.every(({ seals, head }) => seals === 0 && head === NO_SEAL)).toBe(true);
    expect(second).toMatchObject({ checkpoint: 2, previous: checkpointHash(first) });
    expect(second.made_at > first.made_at).toBe(true);
    const heads = await deps.sql`
      SELECT lane, seals::int AS seals, entries::int AS entries, encode(head, 'hex') AS head FROM audit_lanes ORDER BY lane`;
    expect(second.lanes).toEqual([...heads]);
    expect(second.lanes.reduce((sum, { entries }) => sum + entries, 0)).toBe(6);
    for (const one of [first, second]) {
      expect(one.key_id).toBe(keyId(made.publicKey));
      expect(isSignedBy(one, [made.publicKey])).toBe(true);
      expect(isSignedBy({ ...one, made_at: "2020-01-01T00:00:00.000000Z" }, [made.publicKey])).toBe(false);
    }
    const [{ document } = {}] = await deps.sql`SELECT document FROM audit_checkpoints WHERE checkpoint = 2`;
    const { signature: _, ...content } = second;
    expect(document).toBe(canonicalJson(content));
    const logged = { level: "info", message: "audit-checkpoint" };
    expect(made.logged).toEqual([first, second].map((checkpoint) => ({ ...logged, extra: { checkpoint } })));
  });

  it("is not made if nothing has changed and the last one is less than a day old", async () => {
    const begin = Date.now();
    await run({}, begin);
    expect(await run({}, begin + DAY_MS - 1)).toMatchObject({ checkpoint: null });
    expect(await run({}, begin + DAY_MS)).toMatchObject({ checkpoint: 2 });
    expect(await run({}, begin + DAY_MS + 1)).toMatchObject({ checkpoint: null });
    await seal(1);
    expect(await run({}, begin + DAY_MS + 2)).toMatchObject({ checkpoint: 3 });
    await deps.sql`UPDATE retention SET audit_horizon = '2020-01-01'`;
    expect(await run({}, begin + DAY_MS + 3)).toMatchObject({ checkpoint: 4 });
    expect((await storedCheckpoints(deps)).at(-1)).toMatchObject({ expired_before: "2020-01-01" });
  });

  it("is never older than the one before, whatever the clock says", async () => {
    const begin = Date.now();
    await run({}, begin);
    await seal(1);
    await run({}, begin - 3_600_000);
    const [first, second] = await storedCheckpoints(deps);
    expect(second?.made_at).toBe(first?.made_at);
  });

  it("has a unique number, even with concurrent runs while workers write", async () => {
    let working = true;
    const workers = Promise.all(
      Array.from({ length: 3 }, async () => {
        while (working) await seal(5);
      }),
    );
    const runs = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const numbers: number[] = [];
        while (numbers.length < 4) numbers.push(...[(await run()).checkpoint ?? []].flat());
        return numbers;
      }),
    );
    working = false;
    await workers;
    const checkpoints = await storedCheckpoints(deps);
    expect(runs.flat().sort((a, b) => a - b)).toEqual(checkpoints.map(({ checkpoint }) => checkpoint));
    let previous = NO_SEAL;
    for (const [index, one] of checkpoints.entries()) {
      expect(one).toMatchObject({ checkpoint: index + 1, previous });
      expect(isSignedBy(one, [made.publicKey])).toBe(true);
      previous = checkpointHash(one);
    }
  });

  it("can be signed by a new key, whether or not the former is known", async () => {
    await run();
    const next = generateKeyPairSync("ed25519");
    const signer = keySigner(next.privateKey);
    expect(await run({ signer, publicKeys: [made.publicKey] })).toMatchObject({ checkpoint: 2 });
    expect(await run({ signer })).toMatchObject({ checkpoint: null });
    const stored = await storedCheckpoints(deps);
    expect(stored.map((one) => isSignedBy(one, [made.publicKey, next.publicKey]))).toEqual([true, true]);
    expect(stored.map(({ key_id }) => key_id)).toEqual([keyId(made.publicKey), keyId(next.publicKey)]);
  });

  it("is not stored if its signature is wrong", async () => {
    const sign = async (): Promise<Buffer> => Buffer.alloc(64);
    await expect(run({ signer: { ...made.deps.signer, sign } })).rejects.toThrow("does not match the signer");
    expect(await storedCheckpoints(deps)).toEqual([]);
    expect(await run()).toMatchObject({ checkpoint: 1 });
  });
});

describe("a damaged trail", () => {
  it.each([
    ["a lane's head", () => deps.sql`UPDATE audit_lanes SET head = ${Buffer.alloc(32, 7)} WHERE seals > 0`],
    ["a lane's count", () => deps.sql`UPDATE audit_lanes SET entries = entries + 1 WHERE seals > 0`],
    ["the newest seal", () => deps.sql`UPDATE audit_seals SET hash = ${Buffer.alloc(32, 7)}`],
    ["a lane", () => deps.sql`DELETE FROM audit_lanes WHERE seals > 0`],
    [
      "the newest seals and their lane's head with them",
      async () => {
        await deps.sql`DELETE FROM audit_seals WHERE seal > 1`;
        await deps.sql`
          UPDATE audit_lanes l SET seals = 1, entries = s.total, head = s.hash FROM audit_seals s WHERE s.lane = l.lane`;
      },
    ],
    [
      "the last checkpoint",
      () => deps.sql`UPDATE audit_checkpoints SET document = replace(document, '"entries":2', '"entries":1')`,
    ],
  ])("is not signed if it is damaged in %s", async (_, damage) => {
    await deps.sql`DELETE FROM audit_lanes WHERE lane > 0`;
    await seal(1);
    await seal(1);
    await run();
    await damage();
    await expect(run()).rejects.toThrow(TrailDamagedError);
    expect((await storedCheckpoints(deps)).length).toBe(1);
    expect(made.logged.at(-1)).toMatchObject({ level: "error", message: "audit-trail-damaged" });
    expect(made.logged.at(-1)?.extra.faults).not.toEqual([]);
  });

  it.each([
    ["not JSON", "{"],
    ["not in canonical form", "{ }"],
    ["of another shape", "{}"],
  ])("is detected if the last checkpoint is %s", async (_, document) => {
    await seal(2);
    await run();
    await deps.sql`UPDATE audit_checkpoints SET document = ${document}`;
    await seal(1);
    await expect(run()).rejects.toThrow("Checkpoint 1 was changed.");
  });

  it("is detected even if nothing was signed before", async () => {
    await seal(1);
    await deps.sql`DELETE FROM audit_seals WHERE lane = (SELECT min(lane) FROM audit_lanes WHERE seals > 0)`;
    await expect(run()).rejects.toThrow(TrailDamagedError);
  });
});
