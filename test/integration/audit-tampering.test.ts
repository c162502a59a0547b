/**
 * Whatever is altered in the tables of the audit is found, by the API and by whoever has an export made afterwards, and
 * the row or seal is named. Each change is made in a transaction that is rolled back.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/deps.ts";
import { sealAudit } from "../../lib/seal-audit.ts";
import type { Database, Transaction } from "../../lib/sql/client.ts";
import { transaction } from "../../lib/sql/transaction.ts";
import type { Checkpoint } from "../../lib/trail/checkpoint.ts";
import { canonicalJson } from "../../lib/trail/entry.ts";
import type { Seal } from "../../lib/trail/seal.ts";
import { type EntryItem, type Fault, parseItem } from "../../lib/trail/trail.ts";
import type { Verification } from "../../lib/trail/verification.ts";
import {
  calls,
  DAY,
  exportTrail,
  makeCheckpoint,
  signingKey,
  verifyByApi,
  verifyText,
} from "../support/audit.ts";
import { testDeps } from "../support/deps.ts";
import { addClient } from "../support/pipeline.ts";
import { asker } from "../support/reading.ts";
import { alter, columnsOf, insertCopy, rechain, rewriteEntry } from "../support/tampering.ts";

const key = signingKey();
const keys = [key.publicKey];
let deps: Deps;
let secret: string;
const checkpoints: Checkpoint[] = [];
let entries: EntryItem[];
let seals: Seal[];
/** In the middle of everything. */
let victim: EntryItem;
/** The last seal of the victim's lane, which the last checkpoint has. */
let newest: Seal;

beforeAll(async () => {
  deps = await testDeps({ databasePoolSize: 4, auditPublicKeys: keys });
  secret = (await addClient(deps, "boss", { scopes: ["admin"] })).secret;
  await deps.sql`DELETE FROM audit_lanes WHERE lane > 2`;
  for (let round = 0; round < 6; round++) {
    await sealInEachLane(round);
    if (round % 2) checkpoints.push(await makeCheckpoint(deps, key));
  }
  const items = (await exportTrail(asker(deps, secret))).split("\n").slice(0, -1).map(parseItem);
  entries = items.filter((item) => item.type === "entry");
  seals = items.filter((item) => item.type === "seal");
  victim = entries.find(({ lane, seal, leaf }) => lane === 1 && seal === 3 && leaf === 1) as EntryItem;
  newest = seals.findLast(({ lane }) => lane === 1) as Seal;
  expect([entries.length, victim.seal < newest.seal]).toEqual([72, true]);
});

/** Three transactions end only when each has a lane, so that every lane gets a seal. */
async function sealInEachLane(round: number): Promise<void> {
  const all = Promise.withResolvers<void>();
  let sealed = 0;
  const one = (n: number) =>
    transaction(deps.sql, async (tx) => {
      await sealAudit(tx, calls(4, DAY + round * 1_000 + n * 100));
      sealed += 1;
      if (sealed === 3) all.resolve();
      await all.promise;
    });
  await Promise.all([one(0), one(1), one(2)]);
}

class Undo extends Error {}

/** What verification finds after a change: by the API, and offline in an export that is made then. */
async function findings(
  change: (tx: Transaction) => Promise<unknown>,
  copies: readonly Checkpoint[] = [],
): Promise<{ api: Verification; offline: Verification; withCopies: Verification }> {
  let found: { api: Verification; offline: Verification; withCopies: Verification } | undefined;
  const undone = deps.sql.begin(async (tx) => {
    await change(tx);
    const ask = asker({ ...deps, sql: tx as unknown as Database }, secret);
    const text = await exportTrail(ask);
    found = {
      api: await verifyByApi(ask),
      offline: await verifyText(text, keys),
      withCopies: await verifyText(text, keys, copies),
    };
    throw new Undo();
  });
  await expect(undone).rejects.toThrow(Undo);
  if (!found) throw new Error("Nothing was verified.");
  return found;
}

/** Both ways must say the same, and it must be what is expected. */
async function expectFound(
  change: (tx: Transaction) => Promise<unknown>,
  fault: Partial<Fault>,
): Promise<Fault> {
  const { api, offline } = await findings(change);
  expect(api).toMatchObject({ valid: false, first_invalid: fault });
  expect(offline).toMatchObject({ valid: false });
  expect({ ...offline.first_invalid, line: undefined, reason: "" }).toEqual({
    ...api.first_invalid,
    line: undefined,
    reason: "",
  });
  return api.first_invalid as Fault;
}

const rowOf = (tx: Transaction, { lane, seal, leaf }: { lane: number; seal: number; leaf: number }) =>
  tx`lane = ${lane} AND seal = ${seal} AND leaf = ${leaf}` as never;

it("is valid before, and after each change was undone", async () => {
  const { api, offline, withCopies } = await findings(async () => {}, checkpoints);
  expect([api.valid, offline.valid, withCopies.valid]).toEqual([true, true, true]);
  expect(api).toMatchObject({ entries: 72, seals: 18, checkpoints: 3, erased: 0 });
});

describe("an entry", () => {
  it("is named when any of its columns is altered", async () => {
    const columns = await deps.sql.begin((tx) => columnsOf(tx, "audit_log"));
    expect(columns.length).toBeGreaterThanOrEqual(17);
    for (const column of columns) {
      const fault = await expectFound((tx) => alter(tx, "audit_log", column, rowOf(tx, victim)), {});
      const itself = fault.request_id === victim.entry.request_id;
      const itsSeal = fault.lane === victim.lane && fault.seal === victim.seal;
      expect([column.name, fault, itself || itsSeal]).toEqual([column.name, fault, true]);
    }
  });

  it("is named when any column of its personal row is altered", async () => {
    const columns = await deps.sql.begin((tx) => columnsOf(tx, "audit_personal"));
    expect(columns.length).toBeGreaterThanOrEqual(7);
    for (const column of columns) {
      const { name } = column;
      const moved = ["lane", "seal", "leaf"].includes(name);
      const { lane, seal, leaf } = victim;
      const place = { lane, seal, leaf };
      // It is where it was put that it does not belong.
      await expectFound((tx) => alter(tx, "audit_personal", column, rowOf(tx, victim)), {
        kind: "entry",
        ...(moved ? { ...place, [name]: place[name as "leaf"] + 1 } : place),
      });
    }
  });

  it("is named when it was rewritten together with its hash", async () => {
    const { lane, seal } = victim;
    await expectFound((tx) => rewriteEntry(tx, victim), { kind: "seal", lane, seal });
  });

  it("is named when it was deleted, the newest one too", async () => {
    const last = entries.findLast(({ lane }) => lane === newest.lane) as EntryItem;
    for (const { lane, seal, leaf } of [victim, last]) {
      const place = { lane, seal, leaf };
      await expectFound((tx) => tx`DELETE FROM audit_log WHERE ${rowOf(tx, place)}`, {
        kind: "entry",
        ...place,
      });
      const both = async (tx: Transaction) => {
        for (const table of ["audit_log", "audit_personal"])
          await tx`DELETE FROM ${tx(table)} WHERE ${rowOf(tx, place)}`;
      };
      await expectFound(both, { kind: "entry", ...place });
    }
  });

  it("is named when it was moved to another day, or another row put in its place there", async () => {
    const { lane, seal, leaf } = victim;
    const nextDay = new Date(DAY + 86_400_000 * 3).toISOString();
    await expectFound(
      (tx) => tx`UPDATE audit_log SET at = ${nextDay}::timestamptz WHERE ${rowOf(tx, victim)}`,
      {
        lane,
        seal,
        leaf,
      },
    );
    await expectFound((tx) => insertCopy(tx, victim, { at: nextDay }), { kind: "entry", lane, seal, leaf });
  });

  it("shows when two have changed places", async () => {
    const { lane, seal } = victim;
    const swap = async (tx: Transaction) => {
      for (const table of ["audit_log", "audit_personal"])
        await tx`UPDATE ${tx(table)} SET leaf = 3 - leaf WHERE lane = ${lane} AND seal = ${seal} AND leaf IN (1, 2)`;
    };
    await expectFound(swap, { kind: "seal", lane, seal });
  });

  it("shows when it was put into a seal, behind it, beyond its lane, or into no lane", async () => {
    const { lane, seal } = victim;
    await expectFound((tx) => insertCopy(tx, victim, {}), { kind: "entry", lane, seal, leaf: 1 });
    await expectFound((tx) => insertCopy(tx, victim, { leaf: 4 }), { kind: "entry", lane, seal, leaf: 4 });
    await expectFound((tx) => insertCopy(tx, victim, { leaf: -1 }), { kind: "entry", lane, seal, leaf: -1 });
    for (const to of [{ seal: 7_000 }, { seal: 0 }, { lane: 9 }, { lane: -1 }])
      await expectFound((tx) => insertCopy(tx, victim, to), { kind: "entry", lane, seal, ...to });
  });

  it("shows when a second personal row was put beside its own, or one for no entry", async () => {
    const { lane, seal, leaf } = victim;
    const add = (to: number) => (tx: Transaction) =>
      tx`
      INSERT INTO audit_personal (at, lane, leaf, seal, salt, address, user_agent)
      SELECT at, lane, ${to}, seal, sha256(salt), '198.51.100.1', 'forged' FROM audit_personal WHERE ${rowOf(tx, victim)}`;
    for (const to of [leaf, 77]) await expectFound(add(to), { kind: "entry", lane, seal, leaf: to });
  });

  it("counts as erased, and stays valid, when its personal row is gone", async () => {
    const { api, offline } = await findings(
      (tx) => tx`DELETE FROM audit_personal WHERE ${rowOf(tx, victim)}`,
    );
    for (const found of [api, offline]) expect(found).toMatchObject({ valid: true, entries: 72, erased: 1 });
  });
});

describe("a seal", () => {
  it("is named when any of its columns is altered", async () => {
    const columns = await deps.sql.begin((tx) => columnsOf(tx, "audit_seals"));
    expect(columns.length).toBeGreaterThanOrEqual(9);
    for (const { lane, seal } of [victim, newest])
      for (const column of columns) {
        // Not to where there is one already.
        if (column.name === "lane" || (column.name === "seal" && seal === victim.seal)) {
          const away = (tx: Transaction) =>
            tx`UPDATE audit_seals SET ${tx(column.name)} = 1000 WHERE lane = ${lane} AND seal = ${seal}`;
          await expectFound(away, { kind: "seal", lane, seal });
          continue;
        }
        const where = (tx: Transaction) => tx`lane = ${lane} AND seal = ${seal}` as never;
        await expectFound((tx) => alter(tx, "audit_seals", column, where(tx)), { kind: "seal", lane, seal });
      }
  });

  it("is named when it was deleted, with its rows or without, also the newest", async () => {
    for (const { lane, seal } of [victim, newest])
      for (const tables of [["audit_seals"], ["audit_seals", "audit_log", "audit_personal"]]) {
        const remove = async (tx: Transaction) => {
          for (const table of tables)
            await tx`DELETE FROM ${tx(table)} WHERE lane = ${lane} AND seal = ${seal}`;
        };
        await expectFound(remove, { kind: "seal", lane, seal });
      }
  });

  it("shows when it was cut off and the lane's head set back: the checkpoint knows", async () => {
    const { lane, seal } = newest;
    const cut = async (tx: Transaction) => {
      for (const table of ["audit_seals", "audit_log", "audit_personal"])
        await tx`DELETE FROM ${tx(table)} WHERE lane = ${lane} AND seal = ${seal}`;
      await rechain(tx, lane);
    };
    await expectFound(cut, { kind: "checkpoint", checkpoint: 3, lane });
    // With the checkpoint gone too, the auditor's copy knows.
    const { api, withCopies } = await findings(async (tx) => {
      await cut(tx);
      await tx`DELETE FROM audit_checkpoints WHERE checkpoint = 3`;
    }, checkpoints);
    expect(api.valid).toBe(true);
    expect(withCopies.first_invalid).toMatchObject({ kind: "checkpoint", checkpoint: 3 });
  });

  it("shows when everything from it on was written anew, so that all fits together", async () => {
    const { lane, seal } = victim;
    const checkpoint = checkpoints.find(({ lanes }) => (lanes[lane]?.seals ?? 0) >= seal)?.checkpoint;
    const anew = async (tx: Transaction) => {
      await rewriteEntry(tx, victim);
      await rechain(tx, lane);
    };
    await expectFound(anew, { kind: "checkpoint", checkpoint, lane });
    const without = async (tx: Transaction) => {
      for (const table of ["audit_seals", "audit_log", "audit_personal"])
        await tx`DELETE FROM ${tx(table)} WHERE lane = ${lane} AND seal = ${seal}`;
      await rechain(tx, lane);
    };
    await expectFound(without, { kind: "checkpoint", lane });
    const { withCopies } = await findings(async (tx) => {
      await anew(tx);
      await tx`DELETE FROM audit_checkpoints`;
    }, checkpoints);
    expect(withCopies.first_invalid).toMatchObject({ kind: "checkpoint", checkpoint, lane });
  });

  it("shows when it was forged at the end of a lane, or of none, or in between", async () => {
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
      for (const table of ["audit_seals", "audit_log", "audit_personal"])
        await tx`UPDATE ${tx(table)} SET seal = CASE seal WHEN 1000 THEN 25 ELSE seal * 10 END WHERE lane = ${lane}`;
      await rechain(tx, lane);
    };
    await expectFound(inserted, { kind: "checkpoint", lane });
  });
});

describe("a lane's head", () => {
  it("is named when any of its columns is altered", async () => {
    const { lane } = newest;
    for (const name of ["seals", "entries", "head"]) {
      const type = name === "head" ? "bytea" : "bigint";
      const where = (tx: Transaction) => tx`lane = ${lane}` as never;
      await expectFound((tx) => alter(tx, "audit_lanes", { name, type }, where(tx)), { kind: "seal", lane });
    }
    // As far as it could go, which must not keep anybody busy.
    await expectFound((tx) => tx`UPDATE audit_lanes SET seals = 9007199254740991 WHERE lane = ${lane}`, {
      lane,
    });
    await expectFound((tx) => tx`DELETE FROM audit_lanes WHERE lane = ${lane}`, { lane });
    await expectFound((tx) => tx`UPDATE audit_lanes SET lane = 11 WHERE lane = ${lane}`, {});
  });
});

describe("a checkpoint", () => {
  it("is named when any of its members is altered", async () => {
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
      for (const other of others) {
        const document = canonicalJson({ ...content, ...other });
        const change = (tx: Transaction) =>
          tx`UPDATE audit_checkpoints SET document = ${document} WHERE checkpoint = ${one.checkpoint}`;
        await expectFound(change, { kind: "checkpoint", checkpoint: one.checkpoint });
      }
      const columns = await deps.sql.begin((tx) => columnsOf(tx, "audit_checkpoints"));
      for (const column of columns.filter(({ name }) => name !== "checkpoint")) {
        const where = (tx: Transaction) => tx`checkpoint = ${one.checkpoint}` as never;
        await expectFound((tx) => alter(tx, "audit_checkpoints", column, where(tx)), {
          kind: "checkpoint",
          checkpoint: one.checkpoint,
        });
      }
    }
  });

  it("is named when it has another number, or was deleted", async () => {
    await expectFound((tx) => tx`UPDATE audit_checkpoints SET checkpoint = 50 WHERE checkpoint = 2`, {
      kind: "checkpoint",
      checkpoint: 2,
    });
    await expectFound((tx) => tx`DELETE FROM audit_checkpoints WHERE checkpoint = 2`, {
      kind: "checkpoint",
      checkpoint: 2,
    });
    await expectFound((tx) => tx`UPDATE audit_checkpoints SET checkpoint = -3 WHERE checkpoint = 3`, {
      kind: "checkpoint",
      checkpoint: -3,
    });
  });

  it("shows when the newest was deleted, to whoever has a copy", async () => {
    const { api, withCopies } = await findings(
      (tx) => tx`DELETE FROM audit_checkpoints WHERE checkpoint = 3`,
      checkpoints,
    );
    expect(api.valid).toBe(true);
    expect(withCopies.first_invalid).toMatchObject({ kind: "checkpoint", checkpoint: 3 });
  });

  it("shows when it was made anew by another key", async () => {
    const other = signingKey();
    const { api, offline } = await findings(async (tx) => {
      await tx`DELETE FROM audit_checkpoints WHERE checkpoint = 3`;
      await makeCheckpoint({ ...deps, sql: tx as unknown as Database }, other);
    });
    for (const { first_invalid } of [api, offline])
      expect(first_invalid).toMatchObject({
        kind: "checkpoint",
        checkpoint: 3,
        reason: expect.stringContaining("key"),
      });
  });
});

describe("what has expired", () => {
  it("may be missing only when a checkpoint says so", async () => {
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
