/** Every example of docs/cli.md, run in order on one system. `UPDATE_DOCS=1` writes what they print into the page. */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atEnd } from "../../support/cleanup.ts";
import { examplesIn, normalized, withOutputs } from "../../support/cli-docs.ts";
import { run } from "../../support/command.ts";
import { type System, testSystem } from "../../support/servers/system.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";
import { cliHome, script } from "../../support/weir.ts";

const PAGE = new URL("../../../docs/cli.md", import.meta.url);
const POLL = { timeout: 45_000, interval: 200 };
const page = await readFile(PAGE, "utf8");
const isUpdate = process.env.UPDATE_DOCS === "1";

const ORDERS = `id,when,customer,price,paid
order-1,2026-11-01T08:00:00Z,ada,12.50,true
order-2,2026-11-01T08:20:00Z,bob,99.00,false
order-3,2026-11-01T10:05:00Z,ada,7.25,false
order-4,2026-11-01T12:00:00Z,cy,120.00,true
order-5,2026-11-01T12:30:00Z,bob,15.00,true
order-6,2026-11-01T19:45:00Z,dee,3.10,false
order-7,2026-11-02T09:00:00Z,ada,64.00,true
order-8,2026-11-02T09:10:00Z,dee,91.99,false
order-9,2026-11-02T09:30:00Z,bob,free,true
`;

let system: System;
let folder: string;
let dataDir: string;
let sql: postgres.Sql;
let redis: Redis;
let env: Record<string, string>;
beforeAll(async () => {
  dataDir = await tempFolder("cli-docs-data");
  folder = await tempFolder("cli-docs");
  // The events of the examples stay within the retention for years.
  system = await testSystem({ RETENTION_DAYS: "3650" }, { dataDir });
  const { databaseUrl, redisUrl } = JSON.parse(await readFile(join(dataDir, "dev.json"), "utf8"));
  sql = postgres(databaseUrl, { max: 1, onnotice: () => {} });
  redis = new Redis(redisUrl);
  atEnd(async () => {
    redis.disconnect();
    await sql.end();
  });
  await writeFile(join(folder, "weir"), `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`);
  await chmod(join(folder, "weir"), 0o755);
  await writeFile(join(folder, "orders.csv"), ORDERS);
  await writeFile(join(folder, "key.txt"), `${system.stack.apiKey}\n`);
  env = { ...cliHome, HOME: folder, WEIR_DATA_DIR: dataDir, PATH: `${folder}:${process.env.PATH}` };
});

/** What has to be there before an example. */
const BEFORE: Record<string, () => Promise<void>> = {
  "weir quarantine list": setAsideEvent,
  "weir dead-letters list": setAsideMessages,
};

/** PostgreSQL refuses one event, for a while. */
async function setAsideEvent(): Promise<void> {
  await sql.unsafe(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no stock'; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.event_id = 'order-bad') EXECUTE FUNCTION refuse()`);
  const event = { event_id: "order-bad", event_type: "order.placed", timestamp: "2026-11-02T10:00:00Z" };
  await system.settled((await system.post({ ...event, payload: { price: 1 } })).body.receipt_id);
  await sql`DROP TRIGGER refuse ON events`;
}

/** Two messages, as a worker sets them aside. */
async function setAsideMessages(): Promise<void> {
  const head =
    '{"v":1,"id":"01a20756-1962-71bb-935b-622ad56f979f","at":1700000000000,"client":"demo","accepted":1}';
  const line = '["order-dead","order.placed","2026-11-02T11:00:00.000Z"]\t{"price":2}';
  for (const [id, body] of [
    ["1700000000000-0", `${head}\n${line}`],
    ["1700000000001-0", "nobody can read this"],
  ] as const)
    await redis.xadd("weir:{0}:dead", id, "id", "1699999999999-0", "n", "1", "m", body);
}

/** Nothing waits in the queue. */
const drained = () =>
  expect
    .poll(async () => {
      const { body } = await system.get("/v1/pipeline", system.stack.adminKey);
      return body.queue.messages;
    }, POLL)
    .toBe(0);

async function print(command: string): Promise<string> {
  const before = BEFORE[command];
  if (before) await before();
  await drained();
  const here = command.replaceAll("http://127.0.0.1:3000", system.stack.url);
  const { stdout } = await run("bash", ["-c", `{ ${here}\n} 2>&1`], { cwd: folder, env });
  return stdout.trimEnd();
}

const outputs: string[] = [];
const examples = examplesIn(page);

describe("docs/cli.md", () => {
  it.each(examples)("$command", async ({ command, output }) => {
    const printed = await print(command);
    // Nobody should take an example for a secret that leaked.
    const shown = printed.replaceAll(/\b(weir_shop_|whsec_)[\w+/=-]{20,}/g, "$1…");
    outputs.push(shown.replaceAll(system.stack.url, "http://127.0.0.1:3000"));
    if (!isUpdate) expect(normalized(printed)).toBe(normalized(output));
  });

  it("has an example of every command", async () => {
    const { createProgram } = await import("../../../cli/program.ts");
    type Program = ReturnType<typeof createProgram>;
    const named = (command: Program, before: string[] = []): string[] => {
      const subcommands = command
        .createHelp()
        .visibleCommands(command)
        .filter((one) => one.name() !== "help");
      if (subcommands.length === 0) return [[...before, command.name()].join(" ")];
      return subcommands.flatMap((one) => named(one, [...before, command.name()]));
    };
    const shown = examples.map(({ command }) => command).join("\n");
    expect(named(createProgram()).filter((name) => !shown.includes(name))).toEqual([]);
  });
});

afterAll(async () => {
  if (isUpdate) await writeFile(PAGE, withOutputs(page, outputs));
});
