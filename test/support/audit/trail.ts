/** Recorded calls: entries through the worker's own steps, checkpoints with a test key, and the trail as a file. */
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { expect } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import * as contract from "../../../lib/audit/contract.ts";
import { type Audited, sealAudit } from "../../../lib/audit/record/seal.ts";
import { readTrailEnds } from "../../../lib/audit/sql/read-trail-ends.ts";
import { uuidv7 } from "../../../lib/base/ids.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import type { AuditRow } from "../../../lib/queue/message.ts";
import { type Checkpoint, checkpointHash, keyId } from "../../../lib/trail/checkpoint.ts";
import { canonicalJson } from "../../../lib/trail/entry.ts";
import { verifyLines } from "../../../lib/trail/file.ts";
import { NO_SEAL } from "../../../lib/trail/seal.ts";
import type { Verification } from "../../../lib/trail/verification.ts";
import type { Ask } from "../http/reading.ts";
import { anAuditRow } from "../pipeline.ts";

export const DAY = Date.parse("2026-03-01T00:00:00Z");

/** A key pair that signs checkpoints. */
export const signingKey = (): { publicKey: KeyObject; privateKey: KeyObject } =>
  generateKeyPairSync("ed25519");

/** A call at a time in milliseconds since the Unix epoch. @param row members that override the defaults */
export const aCall = (at: number, row: Partial<AuditRow> = {}): Audited => ({
  id: uuidv7(at),
  at,
  audit: { ...(anAuditRow("shop") as AuditRow), address: "192.0.2.1", user_agent: "curl/8", ...row },
});

/** Calls one millisecond apart. @param overrides of each row, by its number */
export const calls = (
  count: number,
  at = DAY,
  overrides: (n: number) => Partial<AuditRow> = () => ({}),
): Audited[] =>
  Array.from({ length: count }, (_, n) => ({
    id: randomUUID(),
    at: at + n,
    audit: {
      ...(anAuditRow("acme") as AuditRow),
      address: `192.0.2.${n % 250}`,
      user_agent: 'a "quoted" agent\u0001é😀',
      ...overrides(n),
    },
  }));

export const sealCalls = ({ sql }: Pick<Deps, "sql">, rows: readonly Audited[]): Promise<void> =>
  transaction(sql, (tx) => sealAudit(tx, rows));

/** Signs the lanes' heads, as the checkpoint use case does. */
export async function makeCheckpoint(
  { sql }: Deps,
  { publicKey, privateKey }: ReturnType<typeof signingKey>,
): Promise<Checkpoint> {
  const ends = await readTrailEnds(sql);
  const [last] = await sql`SELECT document FROM audit_checkpoints ORDER BY checkpoint DESC LIMIT 1`;
  const content = {
    v: 1 as const,
    checkpoint: ends.checkpoints + 1,
    made_at: ends.now,
    previous: last ? checkpointHash(JSON.parse(last.document)) : NO_SEAL,
    lanes: ends.lanes.map(({ lane, seals, entries, head }) => ({ lane, seals, entries, head })),
    expired_before: ends.expired_before,
    key_id: keyId(publicKey),
  };
  const signature = sign(null, Buffer.from(checkpointHash(content), "hex"), privateKey);
  await sql`INSERT INTO audit_checkpoints (checkpoint, document, signature)
            VALUES (${content.checkpoint}, ${canonicalJson(content)}, ${signature})`;
  return { ...content, signature: signature.toString("hex") };
}

/** Exports the trail as a file, piece by piece over the API. */
export async function exportTrail(ask: Ask, query: Record<string, string> = {}): Promise<string> {
  const pieces: string[] = [];
  let cursor: string | undefined;
  do {
    const answer = await ask(contract.exportAudit, { query: { ...query, ...(cursor && { cursor }) } });
    expect([answer.status, answer.body]).toEqual([200, {}]);
    expect(Buffer.byteLength(JSON.stringify(answer.text))).toBeLessThan(4_500_000);
    pieces.push(answer.text);
    cursor = answer.headers["x-next-cursor"] as string | undefined;
  } while (cursor !== undefined);
  return pieces.join("");
}

/** Follows `next_cursor` to the end. */
export async function verifyByApi(ask: Ask, query: Record<string, string> = {}): Promise<Verification> {
  for (let cursor: string | null = null; ; ) {
    const answer = await ask(contract.verifyAudit, { query: { ...query, ...(cursor && { cursor }) } });
    expect(answer.status).toBe(200);
    const body = answer.body as unknown as Verification & { complete: boolean; next_cursor: string | null };
    expect(body.complete).toBe(body.next_cursor === null);
    if (body.next_cursor === null) return body;
    cursor = body.next_cursor;
  }
}

export const verifyText = (
  text: string,
  publicKeys: readonly KeyObject[] = [],
  copies: readonly Checkpoint[] = [],
): Promise<Verification> => verifyLines(text.split("\n").slice(0, -1), { publicKeys, copies });
