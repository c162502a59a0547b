/** `npm start` is killed after the queue was unreachable: the next start recovers the audit rows that only its log holds. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { expect, it } from "vitest";
import { startRedis } from "../../local/redis.ts";
import { ownServer } from "../support/faults.ts";
import { startChild } from "../support/servers/child.ts";
import { testServers } from "../support/servers/deps.ts";
import { freePort } from "../support/servers/ports.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";

const START = fileURLToPath(new URL("../../local/start.ts", import.meta.url));

it("npm start recovers logged audit rows once, and then none is missing", async () => {
  const dataDir = await tempFolder("restart");
  const redis = await ownServer(startRedis);
  const { databaseUrl } = await testServers();
  const [httpPort, lambdaPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${httpPort}`;
  const start = async () => {
    const env = {
      ...process.env,
      HTTP_PORT: String(httpPort),
      LAMBDA_PORT: String(lambdaPort),
      DATABASE_URL: databaseUrl,
      REDIS_URL: redis.url,
      WEIR_DATA_DIR: dataDir,
    };
    const child = startChild(process.execPath, [START], { env });
    await child.says("Press Ctrl-C to stop", 150_000);
    return child;
  };
  const call = async (): Promise<string> =>
    (await fetch(`${url}/nothing`, { headers: { connection: "close" } })).headers.get("x-request-id") ?? "";

  const first = await start();
  await redis.stop();
  const lost = [await call(), await call(), await call()];
  await first.kill();
  // The log also has the call that a leftover process of the server still answers.
  lost.push(await call());
  await redis.start();

  const sql = postgres(databaseUrl, { max: 1 });
  const entries = async (): Promise<string[]> =>
    (await sql`SELECT request_id FROM audit_log WHERE path = '/nothing'`).map(({ request_id }) => request_id);
  const gaps = async (): Promise<unknown> =>
    ((await (await fetch(`${url}/health`)).json()) as { audit: unknown }).audit;
  for (const said of [true, false]) {
    const child = await start();
    await expect.poll(async () => (await entries()).sort(), { timeout: 45_000 }).toEqual(lost.toSorted());
    await expect.poll(gaps, { timeout: 45_000 }).toEqual({ logged: 4, recovered: 4, missing: 0 });
    expect(child.output().includes("Read back in 4 audit rows")).toBe(said);
    if (said) await child.kill();
    else {
      child.process.kill("SIGTERM");
      await child.ended;
    }
  }
  await sql.end();

  const logs = (await readdir(join(dataDir, "logs"))).filter((name) => name.endsWith(".log"));
  expect(logs.filter((name) => name.endsWith(".unread.log"))).toEqual([]);
  const texts = await Promise.all(logs.map((name) => readFile(join(dataDir, "logs", name), "utf8")));
  for (const id of lost) expect(texts.join("")).toContain(id);
}, 600_000);
