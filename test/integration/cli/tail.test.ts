/** `weir tail` with the complete system. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { Sender } from "../../../sdk/typescript/src/node.ts";
import { atEnd } from "../../support/cleanup.ts";
import { type System, testSystem } from "../../support/servers/system.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";
import { weir } from "../../support/weir.ts";

const SCRIPT = fileURLToPath(new URL("../../../bin/weir.ts", import.meta.url));
const POLL = { timeout: 45_000 };

let system: System;
let env: Record<string, string>;
beforeAll(async () => {
  const dataDir = await tempFolder("tail");
  system = await testSystem({}, { dataDir });
  env = { WEIR_API_KEY: system.stack.apiKey, WEIR_DATA_DIR: dataDir };
});

const send = async (type: string, payload: object) => {
  const sender = new Sender({ url: system.stack.url, key: system.stack.apiKey, lingerMs: 1 });
  await sender.send({ event_type: type, payload });
  await sender.close();
};

/** Starts it. @returns the lines so far, and how it ends */
function tail(...words: string[]) {
  const child = spawn(process.execPath, [SCRIPT, "tail", "--url", system.stack.url, ...words], { env });
  atEnd(() => child.kill("SIGKILL"));
  const printed = { out: "", err: "" };
  child.stdout.on("data", (text: Buffer) => {
    printed.out += text.toString();
  });
  child.stderr.on("data", (text: Buffer) => {
    printed.err += text.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, printed, ended, lines: () => printed.out.split("\n").filter(Boolean) };
}

describe("weir tail", () => {
  it("prints events as they are stored, until it is stopped, and goes on where it was", async () => {
    const first = tail("--json", "--after", "beginning", "--type", "tail.first");
    await send("tail.first", { n: 1 });
    await expect.poll(() => first.lines().length, POLL).toBe(1);
    await send("tail.other", { n: 2 });
    await send("tail.first", { n: 3 });
    await expect.poll(() => first.lines().map((line) => JSON.parse(line).payload.n), POLL).toEqual([1, 3]);
    first.child.kill("SIGINT");
    expect(await first.ended).toBe(130);
    const [, cursor = ""] = /^Continue with --after (\S+)$/m.exec(first.printed.err) ?? [];
    await send("tail.first", { n: 4 });
    const again = await weir(
      [
        "--json",
        "tail",
        "--url",
        system.stack.url,
        "--after",
        cursor,
        "--type",
        "tail.first",
        "--limit",
        "1",
      ],
      env,
    );
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out).payload).toEqual({ n: 4 });
  });

  it("prints a line for each event, without control characters", async () => {
    await send("tail.line", { text: "a\u0007b" });
    const words = [
      "tail",
      "--url",
      system.stack.url,
      "--after",
      "beginning",
      "--type",
      "tail.line",
      "--limit",
      "1",
    ];
    const line = await weir(words, env);
    expect(line.out).toMatch(/^\d{4}-\S+Z {2}demo {2}tail\.line {2}\S+ {2}\{"text":"a\\u0007b"\}\n$/);
  });

  it("filters by payload, and ends with a sentence if the filter, the cursor or the key is wrong", async () => {
    await send("tail.where", { n: 1 });
    await send("tail.where", { n: 5 });
    const from = ["--json", "tail", "--url", system.stack.url, "--after", "beginning", "--limit", "1"];
    const found = await weir([...from, "--where", "payload.n>=5", "--type", "tail.where"], env);
    expect(JSON.parse(found.out).payload).toEqual({ n: 5 });
    for (const [words, code, message] of [
      [["--where", "n=="], 2, "must begin with payload"],
      [["--after", "nonsense"], 1, "invalid-parameter"],
    ] as const) {
      const refused = await weir(["tail", "--url", system.stack.url, ...words], env);
      expect([refused.code, refused.err]).toEqual([code, expect.stringContaining(message)]);
    }
    const stranger = await weir(["tail", "--url", system.stack.url], { ...env, WEIR_API_KEY: "wrong" });
    expect([stranger.code, stranger.err]).toEqual([3, expect.stringContaining("invalid-api-key")]);
  });

  it("tries again while the API does not answer", async () => {
    const away = tail("--url", "http://127.0.0.1:2");
    await expect.poll(() => away.printed.err, POLL).toContain("Trying again …");
    away.child.kill("SIGTERM");
    expect(await away.ended).toBe(143);
  });
});
