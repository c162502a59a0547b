/** A small audit for tampering tests: three lanes, six seals in each, a checkpoint after each second round. */
import { expect } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { sealAudit } from "../../../lib/audit/record/seal.ts";
import type { Database, Transaction } from "../../../lib/postgres/client.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import type { Checkpoint } from "../../../lib/trail/checkpoint.ts";
import type { Seal } from "../../../lib/trail/seal.ts";
import { type EntryItem, type Fault, parseItem } from "../../../lib/trail/trail.ts";
import type { Verification } from "../../../lib/trail/verification.ts";
import { asker } from "../http/reading.ts";
import { addClient } from "../pipeline.ts";
import { testDeps } from "../servers/deps.ts";
import { calls, DAY, exportTrail, makeCheckpoint, signingKey, verifyByApi, verifyText } from "./trail.ts";

type Change = (tx: Transaction) => Promise<unknown>;

interface Findings {
  api: Verification;
  offline: Verification;
  /** Offline, with copies of all checkpoints. */
  withCopies: Verification;
}

export interface Ground {
  deps: Deps;
  key: ReturnType<typeof signingKey>;
  checkpoints: Checkpoint[];
  entries: EntryItem[];
  /** An entry in the middle of the trail. */
  victim: EntryItem;
  /** The last seal of the victim's lane, covered by the last checkpoint. */
  newest: Seal;
  /** Returns what verification finds after a change, by the API and offline in an export made then. Undoes the change. */
  findings: (change: Change) => Promise<Findings>;
  /** Expects both ways to find the same, expected fault. */
  expectFound: (change: Change, fault: Partial<Fault>) => Promise<Fault>;
}

export async function tamperingGround(): Promise<Ground> {
  const key = signingKey();
  const deps = await testDeps({ databasePoolSize: 4, auditPublicKeys: [key.publicKey] });
  const { secret } = await addClient(deps, "boss", { scopes: ["admin"] });
  await deps.sql`DELETE FROM audit_lanes WHERE lane > 2`;
  const checkpoints: Checkpoint[] = [];
  for (let round = 0; round < 6; round++) {
    await sealInEachLane(deps, round);
    if (round % 2) checkpoints.push(await makeCheckpoint(deps, key));
  }
  const items = (await exportTrail(asker(deps, secret))).split("\n").slice(0, -1).map(parseItem);
  const entries = items.filter((item) => item.type === "entry");
  const victim = entries.find(({ lane, seal, leaf }) => lane === 1 && seal === 3 && leaf === 1) as EntryItem;
  const newest = items.findLast((item) => item.type === "seal" && item.lane === 1) as Seal;
  expect([entries.length, newest.seal]).toEqual([72, 6]);
  const findings = findingsIn(deps, secret, key, checkpoints);
  const expectFound = async (change: Change, fault: Partial<Fault>): Promise<Fault> => {
    const { api, offline } = await findings(change);
    expect(api).toMatchObject({ valid: false, first_invalid: fault });
    expect(offline).toMatchObject({ valid: false });
    const place = (found: Verification) => ({ ...found.first_invalid, line: undefined, reason: "" });
    expect(place(offline)).toEqual(place(api));
    return api.first_invalid as Fault;
  };
  return { deps, key, checkpoints, entries, victim, newest, findings, expectFound };
}

/** Three transactions end only when each has a lane, so that every lane gets a seal. */
async function sealInEachLane({ sql }: Deps, round: number): Promise<void> {
  const all = Promise.withResolvers<void>();
  let sealed = 0;
  const one = (n: number) =>
    transaction(sql, async (tx) => {
      await sealAudit(tx, calls(4, DAY + round * 1_000 + n * 100));
      sealed += 1;
      if (sealed === 3) all.resolve();
      await all.promise;
    });
  await Promise.all([one(0), one(1), one(2)]);
}

class Undo extends Error {}

const findingsIn =
  (deps: Deps, secret: string, key: ReturnType<typeof signingKey>, copies: readonly Checkpoint[]) =>
  async (change: Change): Promise<Findings> => {
    let found: Findings | undefined;
    const undone = deps.sql.begin(async (tx) => {
      await change(tx);
      const ask = asker({ ...deps, sql: tx as unknown as Database }, secret);
      const text = await exportTrail(ask);
      found = {
        api: await verifyByApi(ask),
        offline: await verifyText(text, [key.publicKey]),
        withCopies: await verifyText(text, [key.publicKey], copies),
      };
      throw new Undo();
    });
    await expect(undone).rejects.toThrow(Undo);
    if (!found) throw new Error("Nothing was verified.");
    return found;
  };

export const rowOf = (tx: Transaction, { lane, seal, leaf }: { lane: number; seal: number; leaf: number }) =>
  tx`lane = ${lane} AND seal = ${seal} AND leaf = ${leaf}` as never;
