/** The cost of the audit trail: writing, storing, verifying, proving. */

import type { Deps } from "../../lib/app/connect.ts";
import { auditPiece } from "../../lib/audit/read/export.ts";
import { proofOf } from "../../lib/audit/read/proof.ts";
import { verifyStored } from "../../lib/audit/read/verify.ts";
import { type Audited, sealAudit } from "../../lib/audit/record/seal.ts";
import { uuidv7 } from "../../lib/base/ids.ts";
import { DAY_MS } from "../../lib/base/time.ts";
import { transaction } from "../../lib/postgres/transaction.ts";
import { linesOf, verifyLines } from "../../lib/trail/file.ts";
import { makeCheckpoint, signingKey } from "../../test/support/audit/trail.ts";
import type { Bench, Part, Section } from "../part.ts";
import { format, formatMedian, quantile } from "../statistics.ts";

/** Days with a partition, as after a year. */
const DAYS = 400;
const BATCH = 500;
const BATCHES = 40;
const PROOFS = 200;

const AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

/** Calls as a gateway would receive them. */
const callsAt = (at: number, count: number): Audited[] =>
  Array.from({ length: count }, (_, n) => ({
    id: uuidv7(at + n),
    at: at + n,
    audit: {
      method: "POST",
      route: "/v1/events",
      path: "/v1/events",
      address: `192.0.2.${n % 250}`,
      user_agent: AGENT,
      bytes_in: 1_234,
      bytes_out: null,
      client_id: `client-${n % 20}`,
      key_prefix: "weir_client-1_abcd",
      status: n % 50 ? 202 : 429,
      duration_ms: 7,
    },
  }));

export const audit: Part = { name: "audit", run };

async function run({ servers, scale: { repeats }, say }: Bench): Promise<Section> {
  const deps = await servers.deps("audit", 2);
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  await prepareTables(deps, today);
  const key = signingKey();
  say("writing");
  const { sealed, plain } = await measureWriting(deps, { today, repeats }, () => makeCheckpoint(deps, key));
  const entries = repeats * BATCHES * BATCH;
  const sizes = await sizesOf(deps, entries);
  const keys = [key.publicKey];
  say("verifying");
  const online = await perSecond(repeats, () => verifyAll(deps, keys));
  let text = "";
  const exported = await perSecond(repeats, async () => {
    text = await exportAll(deps);
    return entries;
  });
  const offline = await perSecond(repeats, async () => {
    const found = await verifyLines(linesOf(ofText(text)), { publicKeys: keys });
    if (!found.valid) throw new Error(found.first_invalid?.reason);
    return found.entries;
  });
  const proofs = await measureProofs(deps);
  return {
    title: "Audit",
    text: [
      `${entries.toLocaleString("en")} entries in batches of ${BATCH}, one transaction per batch, one worker; for comparison, in turn, the same rows written to a table like the audit log before it had seals. ${DAYS} day partitions, as after a year, and a checkpoint every ${BATCHES} batches. ${repeats} repeats.`,
    ],
    tables: [
      {
        head: ["writing", "µs per entry"],
        rows: [
          ["rows alone", formatMedian(plain)],
          ["sealed (hashes, tree, chain, separate personal data)", formatMedian(sealed)],
        ],
      },
      {
        head: ["table", "bytes per entry", "index bytes per entry"],
        rows: sizes.map(({ name, table, index }) => [name, table.toFixed(1), index.toFixed(1)]),
      },
      {
        head: ["reading", "entries per second"],
        rows: [
          ["verified in the database", formatMedian(online)],
          ["exported as NDJSON", formatMedian(exported)],
          ["verified from the file", formatMedian(offline)],
        ],
      },
      {
        head: ["proof of one entry", "p50 ms", "p99 ms"],
        rows: [["by its request id", format(quantile(proofs, 0.5)), format(quantile(proofs, 0.99))]],
      },
    ],
    charts: [],
    goals: [],
    figures: {
      "rows alone": { unit: "µs", values: plain },
      "sealed rows": { unit: "µs", values: sealed },
      "verified where they are stored": { unit: "entries/s", values: online },
      "verified from the file": { unit: "entries/s", values: offline },
    },
  };
}

/** Creates partitions for past days, for a table that has none, and the table for comparison. */
async function prepareTables({ sql }: Deps, today: number): Promise<void> {
  const [made] =
    await sql`SELECT count(*)::int AS count FROM pg_inherits WHERE inhparent = 'audit_personal'::regclass`;
  for (let day = 1; made?.count === 1 && day <= DAYS; day++) {
    const [from, to] = [day, day - 1].map((ago) => new Date(today - ago * DAY_MS).toISOString());
    // DDL takes no parameters; nothing in it comes from outside.
    await sql.unsafe(
      `CREATE TABLE audit_personal_ago_${day} PARTITION OF audit_personal FOR VALUES FROM ('${from}') TO ('${to}')`,
    );
  }
  await sql`
    CREATE TABLE audit_plain (
      at timestamptz NOT NULL, request_id uuid NOT NULL, client_id text COLLATE "C", key_prefix text, method text NOT NULL,
      route text NOT NULL, path text NOT NULL, status smallint NOT NULL, duration_ms integer NOT NULL, address text,
      user_agent text, bytes_in integer NOT NULL, bytes_out integer, PRIMARY KEY (at, request_id))`;
  await sql`CREATE INDEX audit_plain_client ON audit_plain (client_id, at)`;
}

/** @returns µs per entry of each repeat */
async function measureWriting(
  { sql }: Deps,
  { today, repeats }: { today: number; repeats: number },
  afterRepeat: () => Promise<unknown>,
): Promise<{ sealed: number[]; plain: number[] }> {
  const [sealed, plain]: [number[], number[]] = [[], []];
  for (let repeat = 0; repeat < repeats; repeat++) {
    let [sealing, writing] = [0, 0];
    for (let batch = 0; batch < BATCHES; batch++) {
      // Days in turn, since messages may be late.
      const calls = callsAt(
        today - (batch % 20) * DAY_MS - DAY_MS + repeat * 1_000_000 + batch * 1_000,
        BATCH,
      );
      const started = performance.now();
      await transaction(sql, (tx) => sealAudit(tx, calls));
      const between = performance.now();
      await transaction(sql, (tx) => writePlain(tx, calls));
      sealing += between - started;
      writing += performance.now() - between;
    }
    sealed.push((sealing * 1_000) / (BATCHES * BATCH));
    plain.push((writing * 1_000) / (BATCHES * BATCH));
    await afterRepeat();
  }
  return { sealed, plain };
}

async function writePlain(sql: Parameters<typeof sealAudit>[0], calls: readonly Audited[]): Promise<void> {
  const column = <T>(read: (call: Audited) => T): T[] => calls.map(read);
  await sql`
    INSERT INTO audit_plain
    SELECT * FROM unnest(
      ${column(({ at }) => new Date(at).toISOString())}::text[]::timestamptz[], ${column(({ id }) => id)}::uuid[],
      ${column(({ audit }) => audit.client_id)}::text[], ${column(({ audit }) => audit.key_prefix)}::text[],
      ${column(({ audit }) => audit.method)}::text[], ${column(({ audit }) => audit.route)}::text[],
      ${column(({ audit }) => audit.path)}::text[], ${column(({ audit }) => audit.status)}::smallint[],
      ${column(({ audit }) => audit.duration_ms)}::int[], ${column(({ audit }) => audit.address)}::text[],
      ${column(({ audit }) => audit.user_agent)}::text[], ${column(({ audit }) => audit.bytes_in)}::int[],
      ${column(({ audit }) => audit.bytes_out)}::int[])`;
}

async function sizesOf(
  { sql }: Deps,
  entries: number,
): Promise<{ name: string; table: number; index: number }[]> {
  await sql`VACUUM ANALYZE`;
  const rows = await sql<{ name: string; table: number; index: number }[]>`
    SELECT name, sum(pg_relation_size(relid))::float8 AS table, sum(pg_indexes_size(relid))::float8 AS index
      FROM (SELECT relid, regexp_replace(relname, '^(audit_log|audit_personal)_.*', '\\1') AS name FROM pg_stat_user_tables) AS t
     WHERE name LIKE 'audit\\_%' AND name NOT IN ('audit_checkpoints', 'audit_lanes') GROUP BY 1 ORDER BY 1`;
  return rows.map(({ name, table, index }) => ({ name, table: table / entries, index: index / entries }));
}

/** @param repeats number of measurements @param run returns the number of entries it processed */
async function perSecond(repeats: number, run: () => Promise<number>): Promise<number[]> {
  const rates: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const started = performance.now();
    const entries = await run();
    rates.push((entries * 1_000) / (performance.now() - started));
  }
  return rates;
}

async function verifyAll({ sql }: Deps, keys: Parameters<typeof verifyStored>[1]): Promise<number> {
  let cursor: string | undefined;
  for (;;) {
    const found = await verifyStored(sql, keys, { limit: 1_000_000, cursor });
    if (!found.valid) throw new Error(found.first_invalid?.reason);
    if (found.next_cursor === null) return found.entries;
    cursor = found.next_cursor;
  }
}

async function exportAll(deps: Deps): Promise<string> {
  const pieces: string[] = [];
  let cursor: string | undefined;
  do {
    const piece = await auditPiece(deps, {}, null, { format: "ndjson", limit: 10_000, cursor });
    pieces.push(piece.text);
    cursor = piece.cursor ?? undefined;
  } while (cursor !== undefined);
  return pieces.join("");
}

/** Lines as they are read from a file. */
async function* ofText(text: string): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += 65_536) yield text.slice(at, at + 65_536);
}

/** @returns the time of each, in milliseconds */
async function measureProofs({ sql }: Deps): Promise<number[]> {
  const found = await sql<{ id: string }[]>`
    SELECT request_id AS id FROM audit_log ORDER BY random() LIMIT ${PROOFS}`;
  const times: number[] = [];
  for (const { id } of found) {
    const started = performance.now();
    await proofOf(sql, id, null);
    times.push(performance.now() - started);
  }
  return times;
}
