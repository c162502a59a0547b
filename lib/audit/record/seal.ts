/** Writes and seals audit entries, for the worker: in the transaction that processes their messages. */
import { randomBytes } from "node:crypto";
import type { Transaction } from "../../postgres/client.ts";
import { savepoint } from "../../postgres/transaction.ts";
import type { Header } from "../../queue/message.ts";
import { canonicalJson, commitmentOf, type Entry, type Personal } from "../../trail/entry.ts";
import { hashOf, rootOf } from "../../trail/merkle.ts";
import { type Seal, sealed } from "../../trail/seal.ts";
import { type AuditInsert, type AuditPlace, insertAudit } from "../sql/insert-audit.ts";
import { insertSealed } from "../sql/insert-sealed.ts";
import { insertSeals, type Lane, lockLane } from "../sql/seals.ts";

export type Audited = Required<Pick<Header, "id" | "at" | "audit">>;

/**
 * Maximum entries of a seal, and their approximate maximum in bytes: an export returns a seal and its entries in one piece,
 * inside a JSON string, in which a control character of a user agent takes seven bytes and a quotation mark of a path four.
 */
const SEAL_ENTRIES = 1_000;
const SEAL_BYTES = 2_000_000;
const MOST_BYTES_A_CHARACTER = 7;
const SALT_BYTES = 16;
const SALTS_AT_ONCE = 256;
const MOST_INT = 2_147_483_647;

/** An entry that is ready to be written, except for its place. */
export interface Prepared {
  entry: Entry;
  personal: Personal;
  hash: string;
  bytes: number;
  /** Its time in milliseconds since the Unix epoch. */
  ms: number;
}

/** Hashes the entries and appends their seal. Call last in a transaction, like `sealPrepared`. */
export const sealAudit = (tx: Transaction, audited: readonly Audited[]): Promise<void> =>
  sealPrepared(tx, inOrder(audited.map(prepareEntry)));

/**
 * Writes entries and seals them. An entry that already exists came with an earlier delivery of its message, and stays as
 * it is. Call last in a transaction: the lane stays locked until its end, and a transaction that holds a lane must not wait
 * for a lock of one that waits for a lane.
 */
export async function sealPrepared(tx: Transaction, ready: readonly Prepared[]): Promise<void> {
  if (ready.length === 0) return;
  const lane = await lockLane(tx);
  for (let rest = ready; rest.length > 0; ) {
    const groups = splitIntoSeals(rest);
    const rows = rowsOf(groups, lane);
    const written = await insertAll(tx, rows);
    if (written.length === rows.length) return insertSeals(tx, sealsOf(groups, lane));
    // Leaves are numbered without gaps, so the entries that did not exist are numbered and written again.
    const places = new Set(written.map(placeName));
    rest = rows.filter((row) => places.has(placeName(row)));
  }
}

class SomeExistError extends Error {}

/**
 * Writes all rows, or none if some of them already exist. It rolls back and does not delete: the worker's database user
 * can't delete entries.
 * @returns places of the rows that did not exist already
 */
async function insertAll(tx: Transaction, rows: readonly AuditInsert[]): Promise<AuditPlace[]> {
  let written: AuditPlace[] = [];
  const insert = async (inner: Transaction): Promise<void> => {
    written = await insertAudit(inner, rows);
    if (written.length < rows.length) throw new SomeExistError();
  };
  await savepoint(tx, insert).catch((error: unknown) => {
    if (!(error instanceof SomeExistError)) throw error;
  });
  return written;
}

/**
 * Like `sealPrepared`, in one statement, for entries that were not written before.
 * @param lane from `lockLane`, called last in the transaction
 * @throws a unique violation in `audit_log` if an entry already exists
 */
export async function sealNew(tx: Transaction, lane: Lane, ready: readonly Prepared[]): Promise<void> {
  if (ready.length === 0) return;
  const groups = splitIntoSeals(ready);
  await insertSealed(tx, rowsOf(groups, lane), sealsOf(groups, lane));
}

const rowsOf = (
  groups: readonly (readonly Prepared[])[],
  { lane, seals }: Lane,
): (AuditInsert & Prepared)[] =>
  groups.flatMap((group, index) =>
    group.map((one, leaf) => ({ ...one, lane, seal: seals + 1 + index, leaf })),
  );

const placeName = ({ seal, leaf }: AuditPlace): string => `${seal} ${leaf}`;

/** Entries in order of time, as the log is read; only the first of two for one request, which a lost reply can cause. */
export function inOrder(ready: readonly Prepared[]): Prepared[] {
  const byRequest = new Map<string, Prepared>();
  for (const one of ready) {
    const name = `${one.entry.at} ${one.entry.request_id}`;
    if (!byRequest.has(name)) byRequest.set(name, one);
  }
  return [...byRequest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** Random bytes for salts, in hexadecimal; each is used once. One call for many is cheaper. */
let salts = "";

function newSalt(): string {
  if (salts.length === 0) salts = randomBytes(SALT_BYTES * SALTS_AT_ONCE).toString("hex");
  const salt = salts.slice(0, SALT_BYTES * 2);
  salts = salts.slice(SALT_BYTES * 2);
  return salt;
}

/** Hashes an entry, without the database. @throws {RangeError} if its time is not a date */
export function prepareEntry({ id, at, audit }: Audited): Prepared {
  const salt = newSalt();
  const time = new Date(at);
  const personal = { salt, address: audit.address, user_agent: audit.user_agent };
  // In the key order of canonical JSON, which makes serializing it faster.
  const entry: Entry = {
    // The form in which the database returns it, to the microsecond.
    at: time.toISOString().replace("Z", "000Z"),
    bytes_in: audit.bytes_in,
    bytes_out: audit.bytes_out,
    change: audit.change ?? null,
    client_id: audit.client_id,
    duration_ms: Math.min(audit.duration_ms, MOST_INT),
    key_prefix: audit.key_prefix,
    method: audit.method,
    path: audit.path,
    personal: commitmentOf(personal),
    request_id: id,
    route: audit.route,
    status: audit.status,
    v: 1,
  };
  const content = canonicalJson(entry);
  const personalLength = (personal.address?.length ?? 0) + (personal.user_agent?.length ?? 0);
  const bytes = Buffer.byteLength(content) + MOST_BYTES_A_CHARACTER * personalLength;
  return { entry, personal, hash: hashOf("leaf", content), bytes, ms: time.getTime() };
}

/** A seal holds a limited number of entries, all of one day, since they expire together. */
function splitIntoSeals(ready: readonly Prepared[]): Prepared[][] {
  const groups: Prepared[][] = [];
  let bytes = 0;
  let day = "";
  for (const one of ready) {
    const group = groups.at(-1);
    const fits = group && group.length < SEAL_ENTRIES && bytes + one.bytes <= SEAL_BYTES;
    if (fits && day === dayOf(one)) group.push(one);
    else {
      groups.push([one]);
      bytes = 0;
      day = dayOf(one);
    }
    bytes += one.bytes;
  }
  return groups;
}

const dayOf = ({ entry }: Prepared): string => entry.at.slice(0, 10);

function sealsOf(
  groups: readonly (readonly Prepared[])[],
  { lane, seals, entries, head, now }: Lane,
): Seal[] {
  let [total, previous] = [entries, head];
  return groups.map((group, index) => {
    total += group.length;
    const seal = sealed({
      v: 1,
      lane,
      seal: seals + 1 + index,
      day: group[0] ? dayOf(group[0]) : "",
      entries: group.length,
      total,
      sealed_at: now,
      root: rootOf(group.map(({ hash }) => hash)),
      previous,
    });
    previous = seal.hash;
    return seal;
  });
}
