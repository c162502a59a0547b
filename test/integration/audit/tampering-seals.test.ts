/** The same for seals, lanes, checkpoints and expiry: see tampering-entries.test.ts. */

import { describe, expect, it } from "vitest";
import type { Database, Transaction } from "../../../lib/postgres/client.ts";
import { canonicalJson } from "../../../lib/trail/entry.ts";
import type { Seal } from "../../../lib/trail/seal.ts";
import { alter, columnsOf, insertCopy, rechain, rewriteEntry } from "../../support/audit/tampering.ts";
import { tamperingGround } from "../../support/audit/tampering-ground.ts";
import { makeCheckpoint, signingKey } from "../../support/audit/trail.ts";

const { deps, key, checkpoints, victim, newest, findings, expectFound } = await tamperingGround();

const columnsIn = (table: string) => deps.sql.begin((tx) => columnsOf(tx, table));
type Place = Pick<Seal, "lane" | "seal">;
/** A condition for {@link alter}. */
const inSeal = (tx: Transaction, { lane, seal }: Place) => tx`lane = ${lane} AND seal = ${seal}` as never;
const TABLES = ["audit_seals", "audit_log", "audit_personal"];

/** Deletes a seal's rows from tables. */
async function remove(tx: Transaction, place: Place, tables = TABLES): Promise<void> {
  for (const table of tables) await tx`DELETE FROM ${tx(table)} WHERE ${inSeal(tx, place)}`;
}

const inCheckpoint = (checkpoint: number) => ({ kind: "checkpoint" as const, checkpoint });

describe("a seal", () => {
  it("is named if any of its columns is altered", async () => {
    const columns = await columnsIn("audit_seals");
    expect(columns.length).toBeGreaterThanOrEqual(9);
    for (const { lane, seal } of [victim, newest])
      for (const column of columns) {
        // Not to a place that is taken.
        const away = column.name === "lane" || (column.name === "seal" && seal === victim.seal);
        const change = (tx: Transaction) =>
          away
            ? tx`UPDATE audit_seals SET ${tx(column.name)} = 1000 WHERE ${inSeal(tx, { lane, seal })}`
            : alter(tx, "audit_seals", column, inSeal(tx, { lane, seal }));
        await expectFound(change, { kind: "seal", lane, seal });
      }
  });

  it("is named if it is deleted, with or without its rows, even the newest", async () => {
    for (const { lane, seal } of [victim, newest])
      for (const tables of [["audit_seals"], TABLES])
        await expectFound((tx) => remove(tx, { lane, seal }, tables), { kind: "seal", lane, seal });
  });

  it("is detected by the checkpoint if it is cut off and the lane's head set back", async () => {
    const { lane } = newest;
    const cut = async (tx: Transaction) => {
      await remove(tx, newest);
      await rechain(tx, lane);
    };
    await expectFound(cut, { ...inCheckpoint(3), lane });
    // With the checkpoint deleted too, the auditor's copy detects it.
    const { api, withCopies } = await findings(async (tx) => {
      await cut(tx);
      await tx`DELETE FROM audit_checkpoints WHERE checkpoint = 3`;
    });
    expect(api.valid).toBe(true);
    expect(withCopies.first_invalid).toMatchObject(inCheckpoint(3));
  });

  it("is detected if the lane is rewritten consistently from it on", async () => {
    const { lane, seal } = victim;
    const checkpoint = checkpoints.find(({ lanes }) => (lanes[lane]?.seals ?? 0) >= seal)?.checkpoint;
    const anew = async (tx: Transaction) => {
      await rewriteEntry(tx, victim);
      await rechain(tx, lane);
    };
    await expectFound(anew, { kind: "checkpoint", checkpoint, lane });
    const without = async (tx: Transaction) => {
      await remove(tx, victim);
      await rechain(tx, lane);
    };
    await expectFound(without, { kind: "checkpoint", lane });
    const { withCopies } = await findings(async (tx) => {
      await anew(tx);
      await tx`DELETE FROM audit_checkpoints`;
    });
    expect(withCopies.first_invalid).toMatchObject({ kind: "checkpoint", checkpoint, lane });
  });

  it("is detected if it is forged at the end of a lane, in an unknown lane, or in between", async () => {
    const { lane } = newest;
    const forge = (to: { lane: number; seal: number }) => async (tx: Transaction) => {
      await insertCopy(tx, victim, { ...to, leaf: 0 });
      await tx`INSERT INTO audit_seals (lane, seal, day, entries, total, sealed_at, root, previous, hash)
               SELECT ${to.lane}, ${to.seal}, day, 1, total + 1, sealed_at, root, hash, sha256(hash)
                 FROM audit_seals WHERE lane = ${lane} AND seal = ${newest.seal}`;
    };
    for (const to of [
      { lane, seal: newest.seal + 1 },
      { lane: 7, seal: 1 },
      { lane, seal: -1 },
    ])
      await expectFound(forge(to), { kind: "seal", ...to });
    const inserted = async (tx: Transaction) => {
      await forge({ lane, seal: 1_000 })(tx);
      for (const table of TABLES)
        await tx`UPDATE ${tx(table)} SET seal = CASE seal WHEN 1000 THEN 25 ELSE seal * 10 END WHERE lane = ${lane}`;
      await rechain(tx, lane);
    };
    await expectFound(inserted, { kind: "checkpoint", lane });
  });
});

describe("a lane's head", () => {
  it("is named if any of its columns is altered", async () => {
    const { lane } = newest;
    for (const name of ["seals", "entries", "head"]) {
      const type = name === "head" ? "bytea" : "bigint";
      const where = (tx: Transaction) => tx`lane = ${lane}` as never;
      await expectFound((tx) => alter(tx, "audit_lanes", { name, type }, where(tx)), { kind: "seal", lane });
    }
    // The largest value possible, which must not make verification slow.
    const largest = Number.MAX_SAFE_INTEGER;
    await expectFound((tx) => tx`UPDATE audit_lanes SET seals = ${largest} WHERE lane = ${lane}`, { lane });
    await expectFound((tx) => tx`DELETE FROM audit_lanes WHERE lane = ${lane}`, { lane });
    await expectFound((tx) => tx`UPDATE audit_lanes SET lane = 11 WHERE lane = ${lane}`, {});
  });
});

/** The number has its own tests; `in_bucket` only records whether the bucket has a copy, which the bucket itself shows. */
const NOT_PROVEN = ["checkpoint", "in_bucket"];

describe("a checkpoint", () => {
  it("is named if any of its members is altered", async () => {
    for (const one of checkpoints) {
      const { signature: _, ...content } = one;
      const lanes = (change: object) => ({
        lanes: content.lanes.map((head, n) => (n === 1 ? { ...head, ...change } : head)),
      });
      const others: object[] = [
        { v: 2 },
        { checkpoint: one.checkpoint + 1 },
        { made_at: one.made_at.replace("Z", "1Z") },
        { made_at: "2020-01-01T00:00:00Z" },
        { previous: "f".repeat(64) },
        lanes({ lane: 5 }),
        lanes({ seals: (content.lanes[1]?.seals ?? 0) - 1 }),
        lanes({ entries: 0 }),
        lanes({ head: "0".repeat(64) }),
        { lanes: content.lanes.slice(1) },
        { expired_before: "2026-03-02" },
        { key_id: "0".repeat(16) },
        { more: true },
      ];
      expect(new Set(others.flatMap(Object.keys))).toEqual(new Set([...Object.keys(content), "more"]));
      const { checkpoint } = one;
      for (const other of others) {
        const document = canonicalJson({ ...content, ...other });
        const change = (tx: Transaction) =>
          tx`UPDATE audit_checkpoints SET document = ${document} WHERE checkpoint = ${checkpoint}`;
        await expectFound(change, inCheckpoint(checkpoint));
      }
      for (const column of await columnsIn("audit_checkpoints")) {
        if (NOT_PROVEN.includes(column.name)) continue;
        const where = (tx: Transaction) => tx`checkpoint = ${checkpoint}` as never;
        const change = (tx: Transaction) => alter(tx, "audit_checkpoints", column, where(tx));
        await expectFound(change, inCheckpoint(checkpoint));
      }
    }
  });

  it.each([
    ["changed", "UPDATE audit_checkpoints SET checkpoint = 50 WHERE checkpoint = 2", 2],
    ["changed to a negative one", "UPDATE audit_checkpoints SET checkpoint = -3 WHERE checkpoint = 3", -3],
    ["deleted with it", "DELETE FROM audit_checkpoints WHERE checkpoint = 2", 2],
  ])("is named if its number is %s", async (_, statement, checkpoint) => {
    await expectFound((tx) => tx.unsafe(statement), inCheckpoint(checkpoint));
  });

  it("is detected by the holder of a copy if the newest is deleted", async () => {
    const remove = (tx: Transaction) => tx`DELETE FROM audit_checkpoints WHERE checkpoint = 3`;
    const { api, withCopies } = await findings(remove);
    expect(api.valid).toBe(true);
    expect(withCopies.first_invalid).toMatchObject(inCheckpoint(3));
  });

  it("is detected if it is made again with another key", async () => {
    const other = signingKey();
    const { api, offline } = await findings(async (tx) => {
      await tx`DELETE FROM audit_checkpoints WHERE checkpoint = 3`;
      await makeCheckpoint({ ...deps, sql: tx as unknown as Database }, other);
    });
    const reason = expect.stringContaining("key");
    for (const { first_invalid } of [api, offline])
      expect(first_invalid).toMatchObject({ ...inCheckpoint(3), reason });
  });
});

describe("expired entries", () => {
  it("may be missing only if a checkpoint says so", async () => {
    const expire = async (tx: Transaction) => {
      await tx`UPDATE retention SET audit_horizon = '2026-03-02'`;
      for (const table of ["audit_log", "audit_personal"]) await tx`DELETE FROM ${tx(table)} WHERE seal < 3`;
    };
    await expectFound(expire, { kind: "entry", seal: 1, leaf: 0 });
    const { api, offline } = await findings(async (tx) => {
      await expire(tx);
      await makeCheckpoint({ ...deps, sql: tx as unknown as Database }, key);
    });
    for (const found of [api, offline])
      expect(found).toMatchObject({ valid: true, entries: 48, expired: 24, seals: 18, checkpoints: 4 });
  });
});
