/**
 * The API and the offline check of a later export find every change of an audit entry in the tables, and name the
 * row or seal. Each change is made in a transaction that is rolled back.
 */
import { describe, expect, it } from "vitest";
import type { Transaction } from "../../../lib/postgres/client.ts";
import type { EntryItem } from "../../../lib/trail/trail.ts";
import { alter, columnsOf, insertCopy, rewriteEntry } from "../../support/audit/tampering.ts";
import { rowOf, tamperingGround } from "../../support/audit/tampering-ground.ts";
import { DAY } from "../../support/audit/trail.ts";

const { deps, entries, victim, newest, findings, expectFound } = await tamperingGround();
const { lane, seal, leaf } = victim;

it("the trail is valid before the changes, and after each is rolled back", async () => {
  const { api, offline, withCopies } = await findings(async () => {});
  expect([api.valid, offline.valid, withCopies.valid]).toEqual([true, true, true]);
  expect(api).toMatchObject({ entries: 72, seals: 18, checkpoints: 3, erased: 0 });
});

describe("an entry", () => {
  it("is named if any of its columns is altered", async () => {
    const columns = await deps.sql.begin((tx) => columnsOf(tx, "audit_log"));
    expect(columns.length).toBeGreaterThanOrEqual(17);
    for (const column of columns) {
      const fault = await expectFound((tx) => alter(tx, "audit_log", column, rowOf(tx, victim)), {});
      const itself = fault.request_id === victim.entry.request_id;
      const itsSeal = fault.lane === lane && fault.seal === seal;
      expect([column.name, fault, itself || itsSeal]).toEqual([column.name, fault, true]);
    }
  });

  it("is named if any column of its personal row is altered", async () => {
    const columns = await deps.sql.begin((tx) => columnsOf(tx, "audit_personal"));
    expect(columns.length).toBeGreaterThanOrEqual(7);
    for (const column of columns) {
      const { name } = column;
      const place = { lane, seal, leaf };
      // A moved row is reported at its new place.
      const moved = name in place && { [name]: place[name as "leaf"] + 1 };
      const change = (tx: Transaction) => alter(tx, "audit_personal", column, rowOf(tx, victim));
      await expectFound(change, { kind: "entry", ...place, ...moved });
    }
  });

  it("is detected if it is rewritten together with its hash", async () => {
    await expectFound((tx) => rewriteEntry(tx, victim), { kind: "seal", lane, seal });
  });

  it("is named if it is deleted, even the newest one", async () => {
    const last = entries.findLast(({ lane }) => lane === newest.lane) as EntryItem;
    for (const { lane, seal, leaf } of [victim, last])
      for (const tables of [["audit_log"], ["audit_log", "audit_personal"]]) {
        const place = { lane, seal, leaf };
        const remove = async (tx: Transaction) => {
          for (const table of tables) await tx`DELETE FROM ${tx(table)} WHERE ${rowOf(tx, place)}`;
        };
        await expectFound(remove, { kind: "entry", ...place });
      }
  });

  it("is named if it is moved or copied to another day", async () => {
    const at = new Date(DAY + 86_400_000 * 3).toISOString();
    const move = (tx: Transaction) =>
      tx`UPDATE audit_log SET at = ${at}::timestamptz WHERE ${rowOf(tx, victim)}`;
    await expectFound(move, { lane, seal, leaf });
    await expectFound((tx) => insertCopy(tx, victim, { at }), { kind: "entry", lane, seal, leaf });
  });

  it("is detected if two entries are swapped", async () => {
    const swap = async (tx: Transaction) => {
      for (const table of ["audit_log", "audit_personal"])
        await tx`UPDATE ${tx(table)} SET leaf = 3 - leaf WHERE lane = ${lane} AND seal = ${seal} AND leaf IN (1, 2)`;
    };
    await expectFound(swap, { kind: "seal", lane, seal });
  });

  it("is detected if it is inserted into a seal, after it, beyond its lane's end, or into an unknown lane", async () => {
    const places = [{}, { leaf: 4 }, { leaf: -1 }].map((to) => ({ leaf: 1, ...to }));
    for (const to of [...places, { seal: 7_000 }, { seal: 0 }, { lane: 9 }, { lane: -1 }])
      await expectFound((tx) => insertCopy(tx, victim, to), { kind: "entry", lane, seal, ...to });
  });

  it("is detected if a personal row is added for it or for a missing entry", async () => {
    const add = (to: number) => (tx: Transaction) =>
      tx`
      INSERT INTO audit_personal (at, lane, leaf, seal, salt, address, user_agent)
      SELECT at, lane, ${to}, seal, sha256(salt), '198.51.100.1', 'forged' FROM audit_personal WHERE ${rowOf(tx, victim)}`;
    for (const to of [leaf, 77]) await expectFound(add(to), { kind: "entry", lane, seal, leaf: to });
  });

  it("counts as erased and stays valid if its personal row is deleted", async () => {
    const erase = (tx: Transaction) => tx`DELETE FROM audit_personal WHERE ${rowOf(tx, victim)}`;
    const { api, offline } = await findings(erase);
    for (const found of [api, offline]) expect(found).toMatchObject({ valid: true, entries: 72, erased: 1 });
  });
});
