/** The complete system with SQS (fauxqs) as its queue, as `QUEUE=sqs npm start` starts it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import postgres from "postgres";
import { expect, it } from "vitest";
import { testStack } from "../support/servers/stack.ts";

const run = promisify(execFile);
const ROOT = new URL("../../", import.meta.url).pathname;
const EVENTS = 1_707 + 20_000;

it("the system with SQS accepts the demo data twice, counts it once, and accounts for every accepted event", async () => {
  const { url, apiKey, queue, databaseUrl } = await testStack({}, { queue: "sqs" });
  expect(queue).toBe("sqs");
  const demo = async (): Promise<string> =>
    (await run(process.execPath, ["bin/demo.ts", "--url", url, "--key", apiKey], { cwd: ROOT })).stdout;
  expect(await demo()).not.toContain("added nothing");
  expect(await demo()).toContain("added nothing");

  const get = async (path: string) =>
    (await fetch(`${url}${path}`, { headers: { "x-api-key": apiKey } })).json() as Promise<
      Record<string, unknown>
    >;
  expect(await get("/v1/analytics/count")).toMatchObject({ count: EVENTS });
  const settled = { stored: EVENTS, quarantined: 0, pending: 0 };
  const queued = { events: 0, dead_letters: 0, oldest_age_ms: expect.any(Number) };
  await expect
    .poll(() => get("/v1/pipeline"), { timeout: 45_000 })
    .toMatchObject({ ...settled, queue: queued });
  expect(await get("/health")).toMatchObject({ status: "ok", checks: { queue: { status: "up" } } });

  // Maintenance has run by itself: the horizon has moved from its initial value.
  const sql = postgres(databaseUrl, { max: 1 });
  const horizon = async () =>
    (await sql`SELECT extract(year FROM horizon)::int AS year FROM retention`)[0]?.year;
  await expect.poll(horizon, { timeout: 45_000 }).toBeGreaterThan(2_000);
  await sql.end();
}, 240_000);
