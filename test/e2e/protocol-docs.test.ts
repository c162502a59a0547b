/** The code in the pages about other protocols runs as it is shown; only the address is another one. */
import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, it } from "vitest";
import { mustRun, run } from "../support/command.ts";
import { type Block, blocksOf, fillIn } from "../support/docs-blocks.ts";
import { type System, testSystem } from "../support/servers/system.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";
import { cliHome, script } from "../support/weir.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const ADDRESS = "http://127.0.0.1:3000";
const hasCurl = await run("curl", ["--version"], { cwd: PROJECT, env: process.env }).then(
  ({ code }) => code === 0,
  () => false,
);
if (!hasCurl) console.log("Not run, since curl is missing: docs/business-audit.md.");
let system: System;
/** Where programs run: they find the published packages. */
let folder: string;
beforeAll(async () => {
  [system, folder] = await Promise.all([testSystem(), tempFolder("protocol-docs")]);
  await symlink(join(PROJECT, "node_modules"), join(folder, "node_modules"));
});

async function aClient(scopes = ["ingest"]) {
  const id = await system.newClient({ name: "docs" });
  const { secret } = await system.newKey(id, { scopes });
  const list = () => system.get(`/v1/events?client=${id}`, system.stack.adminKey);
  return {
    secret,
    events: async (): Promise<{ event_type: string; payload: object }[]> => (await list()).body.events,
  };
}

/** Runs a program as a reader would. */
async function runProgram(code: string, key: string): Promise<void> {
  const file = join(folder, "program.mjs");
  await writeFile(file, fillIn(code, { [ADDRESS]: system.stack.url }));
  await mustRun(process.execPath, [file], { cwd: folder, env: { ...process.env, WEIR_KEY: key } });
}

const runShell = (code: string, env: Record<string, string>): Promise<string> =>
  mustRun("bash", ["-euc", code], {
    cwd: folder,
    env: { ...process.env, WEIR_URL: system.stack.url, NODE: process.execPath, ...env },
  });

/** A page's blocks, in order. A block in a language that is not expected here would not be run. */
async function pageWith<const L extends readonly string[]>(
  page: string,
  languages: L,
): Promise<{ [I in keyof L]: string }> {
  const blocks: Block[] = await blocksOf(page);
  expect(blocks.map(({ language }) => language)).toEqual(languages);
  return blocks.map(({ code }) => code) as { [I in keyof L]: string };
}

it("docs/cloudevents.md", async () => {
  const [program] = await pageWith("cloudevents", ["js"]);
  const client = await aClient();
  await runProgram(program, client.secret);
  await expect
    .poll(client.events, { timeout: 30_000 })
    .toMatchObject([{ event_type: "order.placed", payload: { source: "/shop", data: { amount: 12.5 } } }]);
});

it("docs/segment.md: a program, and a key for a page", async () => {
  // The last two: test/browser/segment.test.ts.
  const [program, commands] = await pageWith("segment", ["js", "sh", "js", "js"]);
  const client = await aClient();
  await runProgram(program, client.secret);
  await expect
    .poll(client.events, { timeout: 30_000 })
    .toMatchObject([{ event_type: "track:Order Completed", payload: { properties: { total: 12.5 } } }]);

  const output = await runShell(fillIn(commands, { "npm run weir --": '"$NODE" "$SCRIPT"' }), {
    ...cliHome,
    SCRIPT: script,
    WEIR_KEY: system.stack.adminKey,
  });
  const [key = ""] = /weir_demo_[\w-]+$/m.exec(output) ?? [];
  const send = async (origin: string): Promise<number> => {
    const body = JSON.stringify({ writeKey: key, userId: "u", event: "Viewed" });
    return (await fetch(`${system.stack.url}/v1/t`, { method: "POST", headers: { origin }, body })).status;
  };
  expect([await send("https://shop.example"), await send("https://other.example")]).toEqual([200, 403]);
});

it("docs/otlp.md: a program, and the environment of one", async () => {
  // The Collector, whose settings the last one has, is not a package that tests could install.
  const [program, environment] = await pageWith("otlp", ["js", "sh", "yaml"]);
  const client = await aClient();
  const expected = {
    event_type: "order.placed",
    payload: { body: "order 1001", attributes: { amount: 12.5 } },
  };
  await runProgram(program, client.secret);
  await expect.poll(client.events, { timeout: 30_000 }).toMatchObject([expected]);

  // The same program, without what the environment says.
  const other = await aClient();
  const bare = program.replace(/OTLPLogExporter\(\{.*\}\);/, "OTLPLogExporter();");
  expect(bare).not.toContain(ADDRESS);
  await writeFile(join(folder, "bare.mjs"), bare);
  const code = `${fillIn(environment, { [ADDRESS]: system.stack.url })}"$NODE" bare.mjs`;
  await runShell(code, { WEIR_KEY: other.secret });
  await expect.poll(other.events, { timeout: 30_000 }).toMatchObject([expected]);
});

it.skipIf(!hasCurl)("docs/business-audit.md", async () => {
  const [send, find] = await pageWith("business-audit", ["sh", "sh"]);
  const client = await aClient(["ingest", "read"]);
  const env = { WEIR_KEY: client.secret };
  expect(JSON.parse(await runShell(send, env))).toMatchObject({ accepted: 1, rejected: 0 });
  await expect
    .poll(async () => JSON.parse(await runShell(find, env)).events, { timeout: 30_000 })
    .toMatchObject([{ event_id: "tx-7781", payload: { actor: { id: "u-17" } } }]);
});
