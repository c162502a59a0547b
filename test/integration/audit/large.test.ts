/** 100,000 entries, written by four concurrent workers, verify by the API and as a file. */

import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { auditPiece } from "../../../lib/audit/read/export.ts";
import { headerMessage } from "../../../lib/queue/message.ts";
import { linesOf, verifyLines } from "../../../lib/trail/file.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import { calls, DAY, makeCheckpoint, signingKey, verifyByApi } from "../../support/audit/trail.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { askerOf } from "../../support/http/reading.ts";
import { testDeps } from "../../support/servers/deps.ts";

const ENTRIES = 100_000;
const WORKERS = 4;
const BATCH = 500;

/** Processes batches of messages, each an audit row, one after the other. */
async function work(deps: Deps, worker: number): Promise<void> {
  for (let batch = 0; batch < ENTRIES / WORKERS / BATCH; batch++) {
    const at = DAY + (batch * WORKERS + worker) * 10_000;
    const delivered = calls(BATCH, at, (n) => ({ client_id: n % 2 ? "acme" : null })).map((call, n) => ({
      id: `${n}-0`,
      body: headerMessage({ v: 1, ...call }).body,
      deliveries: 1,
    }));
    expect(await drain(delivered, deps)).toEqual([]);
  }
}

async function* piecesOf(deps: Deps): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const piece = await auditPiece(deps, {}, null, { format: "ndjson", limit: 10_000, cursor });
    yield piece.text;
    cursor = piece.cursor ?? undefined;
  } while (cursor !== undefined);
}

it("a trail of 100,000 entries verifies", { timeout: 300_000 }, async () => {
  const key = signingKey();
  const keys = [key.publicKey];
  const deps = await testDeps({ databasePoolSize: WORKERS, auditPublicKeys: keys });
  const admin = await askerOf(deps, "boss", ["admin"]);
  const working = Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(deps, worker)));
  const copies = [];
  // While the workers run, every checkpoint and verification sees a consistent trail.
  while ((await Promise.race([working, sleep(3_000)])) === undefined) {
    copies.push(await makeCheckpoint(deps, key));
    expect(await verifyByApi(admin)).toMatchObject({ valid: true });
  }
  await working;
  const found = await verifyByApi(admin, { limit: "40000" });
  const checkpoints = copies.length;
  expect(found).toMatchObject({ valid: true, entries: ENTRIES, signatures: "checked", checkpoints });
  expect(found.head.lanes.filter(({ seals }) => seals > 0).length).toBeGreaterThan(1);

  const file = join(await temporaryFolder(), "audit.ndjson");
  await pipeline(Readable.from(piecesOf(deps)), createWriteStream(file));
  const lines = linesOf(createReadStream(file, "utf8") as AsyncIterable<string>);
  const offline = await verifyLines(lines, { publicKeys: keys, copies });
  expect(offline).toMatchObject({ valid: true, entries: ENTRIES, seals: found.seals, head: found.head });
});
