/** `weir send` of files, with the complete system. */
import { spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import { atEnd } from "../../support/cleanup.ts";
import { type System, testSystem } from "../../support/servers/system.ts";
import { behindProxy, type TcpProxy } from "../../support/servers/tcp-proxy.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";
import { cliHome, script, weir } from "../../support/weir.ts";

const POLL = { timeout: 60_000, interval: 200 };

let system: System;
let folder: string;
let env: Record<string, string>;
let proxy: TcpProxy;
beforeAll(async () => {
  folder = await tempFolder("send");
  system = await testSystem();
  const behind = await behindProxy(system.stack.url);
  proxy = behind.proxy;
  env = {
    ...cliHome,
    XDG_STATE_HOME: join(folder, "state"),
    WEIR_URL: behind.url,
    WEIR_KEY: system.stack.apiKey,
  };
});

interface Sent {
  records: number;
  sent_before: number;
  accepted: number;
  duplicates: number;
  rejected: number;
  not_sent: number;
  rejected_file: string | null;
}

async function send(words: readonly string[], { input = "", others = {} } = {}) {
  const { code, out, err } = await weir(["send", "--json", ...words], { ...env, ...others }, input, folder);
  const result: Sent = out === "" ? undefined : JSON.parse(out);
  return { code, result, err };
}
const file = async (name: string, content: string | Buffer): Promise<string> => {
  await writeFile(join(folder, name), content);
  return name;
};
const stored = async (type: string): Promise<number> =>
  Number((await weir(["count", "--type", type], env)).out);
const states = async (): Promise<string[]> => readdir(join(folder, "state/weir/send")).catch(() => []);

const line = (type: string, n: number): string =>
  JSON.stringify({
    event_id: `${type}-${n}`,
    event_type: type,
    timestamp: "2026-11-01T00:00:00Z",
    payload: { n },
  });
const lines = (type: string, count: number): string =>
  Array.from({ length: count }, (_, n) => line(type, n)).join("\n");

describe("weir send", () => {
  it.each([
    ["a.ndjson.gz", gzipSync(lines("gz", 2_500)), "gz", 2_500],
    ["a.json", `[${lines("array", 300).replaceAll("\n", ",\n")}]`, "array", 300],
    ["a.tsv", "event_id\ttimestamp\tn\nx\t2026-11-01T00:00:00Z\t1\n", "tsv", 1],
  ])("sends %s, and a second time adds nothing", async (name, content, type, count) => {
    await file(name, content);
    const words = [name, "--type", type];
    const all = { records: count, rejected: 0, not_sent: 0, sent_before: 0 };
    expect(await send(words)).toMatchObject({ code: 0, result: { ...all, accepted: count, duplicates: 0 } });
    expect(await send(words)).toMatchObject({ code: 0, result: { ...all, accepted: 0, duplicates: count } });
    await expect.poll(() => stored(type), POLL).toBe(count);
    expect(await states()).toEqual([]);
  });

  it("derives ids, so that lines without ids count once however often they are sent, also from standard input", async () => {
    const text = '{"timestamp":"2026-11-01T00:00:00Z","payload":{"n":1.10}}\n'.repeat(3);
    await file("no-ids.ndjson", text);
    expect((await send(["no-ids.ndjson", "--type", "derived"])).result).toMatchObject({ accepted: 3 });
    const again = await send(["-", "--type", "derived"], { input: text });
    expect(again.result).toMatchObject({ accepted: 0, duplicates: 3 });
  });

  it("continues after SIGKILL, and stores each event once", async () => {
    const count = 60_000;
    await file("killed.ndjson", lines("killed", count));
    const child = spawn(process.execPath, [script, "send", "killed.ndjson"], { env, cwd: folder });
    atEnd(() => child.kill("SIGKILL"));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const done = async (): Promise<number> => {
      const [name] = await states();
      if (name === undefined || !name.endsWith(".json")) return 0;
      return JSON.parse(await readFile(join(folder, "state/weir/send", name), "utf8")).done;
    };
    await expect.poll(done, { timeout: 60_000, interval: 20 }).toBeGreaterThan(0);
    child.kill("SIGKILL");
    await ended;
    const before = await done();
    const { code, result } = await send(["killed.ndjson"]);
    expect(code).toBe(0);
    expect(result.sent_before).toBe(before);
    expect(result).toMatchObject({ records: count, rejected: 0, not_sent: 0 });
    expect(result.sent_before + result.accepted + result.duplicates).toBe(count);
    await expect.poll(() => stored("killed"), POLL).toBe(count);
  });

  it("starts anew if the file has changed, or if it is told to", async () => {
    await file("changed.ndjson", lines("changed", 5));
    const state = join(folder, "changed.state");
    const interrupted = { ...JSON.parse(await exampleState()), done: 3 };
    await writeFile(state, JSON.stringify({ ...interrupted, fingerprint: { bytes: 4, sha256: "0" } }));
    const other = await send(["changed.ndjson", "--state", state]);
    expect(other.err).toContain("The input has changed");
    expect(other.result).toMatchObject({ sent_before: 0, accepted: 5 });
    await writeFile(state, JSON.stringify({ ...interrupted, fingerprint: null }));
    const resumed = await send(["--state", state], { input: lines("changed", 5) });
    expect(resumed.result).toMatchObject({ sent_before: 3, duplicates: 2 });
    await writeFile(state, JSON.stringify({ ...interrupted, fingerprint: null }));
    const restarted = await send(["--state", state, "--restart"], { input: lines("changed", 5) });
    expect(restarted.result).toMatchObject({ sent_before: 0, duplicates: 5 });
  });

  const exampleState = async (): Promise<string> =>
    JSON.stringify({
      version: 1,
      input: "x",
      url: env.WEIR_URL?.replace(/\/$/, ""),
      startedAt: "2026-11-01T00:00:00Z",
      rejected: 0,
      rejectedBytes: 0,
    });

  it("gives up when nothing succeeds for long, with exit code 4, and continues later", async () => {
    await file("away.ndjson", lines("away", 3_000));
    await proxy.leave();
    const { code, result, err } = await send(["away.ndjson", "--timeout", "2"]);
    expect(code).toBe(4);
    expect(result).toMatchObject({ accepted: 0, rejected: 0, not_sent: result.records });
    expect(err).toContain("has accepted nothing for 2 s");
    await proxy.comeBack();
    expect(await send(["away.ndjson"])).toMatchObject({ code: 0, result: { accepted: 3_000 } });
  });

  it("ends at once with a wrong key, and rejects nothing", async () => {
    await file("key.ndjson", lines("key", 5_000));
    const { code, result, err } = await send(["key.ndjson"], { others: { WEIR_KEY: "weir_demo_wrong" } });
    expect(code).toBe(3);
    expect(err).toMatch(
      /The API key is unknown \(401 invalid-api-key\)\n[\s\S]*\/docs\/errors\/invalid-api-key/,
    );
    expect(result).toMatchObject({ accepted: 0, rejected: 0, rejected_file: null });
    expect(await send(["key.ndjson"])).toMatchObject({ code: 0, result: { accepted: 5_000 } });
  });

  it.each([
    [["--map", "event_id=id", "a.json"], "--map is for tables"],
    [["--delimiter", "ab", "a.tsv"], "must be one character"],
    [["no-such-file"], "no such file"],
    [["--timeout", "0", "a.json"], "positive"],
  ])("%j is a usage error: %s", async (words, message) => {
    const { code, err } = await send(words);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(message) });
  });

  it("names a truncated gzip file", async () => {
    await file("cut.ndjson.gz", gzipSync(lines("cut", 1_000)).subarray(0, 2_000));
    const { code, err } = await send(["cut.ndjson.gz"]);
    expect(code).toBe(1);
    expect(err).toMatch(/unexpected end of file/);
  });
});
