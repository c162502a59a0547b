/** A day that is several times as large needs no more memory: its files are bounded, and only one is in memory at a time. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/base/time.ts";
import { testArchive, withArchive } from "../../support/archive.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const SCRIPT = fileURLToPath(new URL("../../support/servers/archive-process.ts", import.meta.url));
/** Noon of yesterday, so that it is past whatever the hour, and neighbouring days are clear. */
const now = Math.floor(Date.now() / DAY_MS) * DAY_MS - 12 * HOUR_MS;

const CHUNK = 20_000;

/** Stores events of about a kilobyte. They compress well, since fauxqs takes objects of up to 11 MiB. */
async function storeMany({ sql }: Pick<Deps, "sql">, client: string, count: number): Promise<void> {
  const from = new Date(now - DAY_MS).toISOString();
  for (let first = 0; first < count; first += CHUNK)
    await sql`
      INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
      SELECT ${client}, 'event-' || n, 'type', ${from}::timestamptz + n * interval '1 microsecond', ${from}::timestamptz,
             now(), gen_random_uuid(), json_build_object('n', n, 'text', repeat(md5(n::text), 30))
        FROM generate_series(${first + 1}::int, ${first + CHUNK}::int) AS n`;
  await sql`
    INSERT INTO rollups (client_id, grain, bucket, event_type, slot, count, latency_max_ms, latency_bins, latency_counts)
    SELECT ${client}, grain, date_trunc('day', ${from}::timestamptz, 'UTC'), 'type', 0, ${count}, 0, '{}', '{}'
      FROM unnest(ARRAY[15, 1440]) AS grain`;
}

it("archives a day four times as large in the same memory", async () => {
  const archive = await testArchive();
  const peaks: number[] = [];
  const files: number[] = [];
  for (const count of [60_000, 240_000]) {
    const deps = withArchive(await testDeps(), archive);
    await addClient(deps, "acme");
    await storeMany(deps, "acme", count);
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT], {
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: deps.config.databaseUrl,
        REDIS_URL: deps.config.redisUrl,
        ARCHIVE_BUCKET: archive.settings.name,
        S3_ENDPOINT: archive.settings.endpoint,
        LOG_LEVEL: "SILENT",
      },
    });
    const { archived, peakMiB, ms } = JSON.parse(stdout) as {
      archived: { events: number; files: number };
      peakMiB: number;
      ms: number;
    };
    console.log(`${count} events: ${archived.files} files, ${peakMiB} MiB, ${ms} ms`);
    expect(archived.events).toBe(count);
    files.push(archived.files);
    peaks.push(peakMiB);
  }
  expect((files[1] ?? 0) / (files[0] ?? 0)).toBeGreaterThan(2);
  expect((peaks[1] ?? 0) / (peaks[0] ?? 0)).toBeLessThan(1.5);
});
