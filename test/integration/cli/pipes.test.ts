/** Output that goes to other programs. */
import { spawn } from "node:child_process";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { atEnd } from "../../support/cleanup.ts";
import { run } from "../../support/command.ts";
import { type System, testSystem } from "../../support/servers/system.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";
import { cliHome, script, weir } from "../../support/weir.ts";

const EVENTS = 1_500;

let system: System;
let env: Record<string, string>;
beforeAll(async () => {
  const dataDir = await tempFolder("pipes");
  system = await testSystem({}, { dataDir });
  env = { ...cliHome, WEIR_DATA_DIR: dataDir, PATH: process.env.PATH ?? "" };
  const lines = Array.from(
    { length: EVENTS },
    (_, n) =>
      `{"event_id":"p-${n}","event_type":"pipe","timestamp":"2026-11-01T00:00:00Z","payload":{"n":${n},"big":12345678901234567890.10}}`,
  );
  expect((await weir(["send"], env, lines.join("\n"))).code).toBe(0);
  const stored = async () => expect((await weir(["count"], env)).out.trim()).toBe(String(EVENTS));
  await vi.waitFor(stored, { timeout: 45_000, interval: 200 });
});

const shell = (command: string) =>
  run("bash", ["-c", command.replaceAll("weir", `"${process.execPath}" "${script}"`)], { cwd: "/", env });

describe("a pipe", () => {
  it.each([
    "weir events export",
    "weir events list --all",
    "weir events list --all --json",
    "weir tail --after beginning",
  ])("whose reader leaves ends %s quietly", async (command) => {
    const { output } = await shell(`${command} | head -c 20 > /dev/null; echo "\${PIPESTATUS[0]}"`);
    // The export also says how much it has read.
    expect(output).toMatch(/^0\n(?:\d+ events, .* MB\n)?$/);
  });

  it("gets all pages of a list, as text, TSV and JSON, with the digits of numbers", async () => {
    const lines = (text: string) => text.trim().split("\n");
    expect(lines((await weir(["events", "list", "--all"], env)).out)).toHaveLength(EVENTS + 1);
    const [head = "", first = ""] = lines(
      (await weir(["events", "list", "--tsv", "--limit", "1200"], env)).out,
    );
    expect(head.split("\t")).toEqual(["TIME", "CLIENT", "TYPE", "EVENT", "PAYLOAD"]);
    expect(first.split("\t")).toHaveLength(5);
    expect(first).toContain("12345678901234567890.10");
    const all = await weir(["events", "list", "--all", "--json"], env);
    const { events, next_cursor } = JSON.parse(all.out);
    expect([new Set(events.map((one: { event_id: string }) => one.event_id)).size, next_cursor]).toEqual([
      EVENTS,
      null,
    ]);
    expect(all.out).toContain('"big":12345678901234567890.10');
    const some = JSON.parse((await weir(["events", "list", "--limit", "3", "--json"], env)).out);
    expect([some.events.length, typeof some.next_cursor]).toEqual([3, "string"]);
    const none = await weir(["events", "list", "--type", "none", "--json"], env);
    expect(JSON.parse(none.out)).toEqual({ events: [], next_cursor: null });
    expect((await weir(["events", "list", "--type", "none"], env)).out).toBe("No events.\n");
  });

  it("gets the API's own responses with --json", async () => {
    const { out } = await weir(["top", "payload.big", "--json"], env);
    expect(out).toContain('"value": 12345678901234567890.10');
    const { body } = await system.get("/v1/analytics/count?event_type=pipe", system.stack.adminKey);
    const count = JSON.parse((await weir(["count", "--type", "pipe", "--json"], env)).out);
    expect(Object.keys(count)).toEqual(Object.keys(body));
    expect(count.count).toBe(body.count);
  });

  it("gets times in a zone", async () => {
    const { out } = await weir(["events", "list", "--limit", "1", "--zone", "Asia/Kolkata"], env);
    expect(out).toContain("2026-11-01T05:30:00.000+05:30");
    const byDay = ["series", "--interval", "day", "--start", "2026-10-31", "--end", "2026-11-02", "--table"];
    const days = await weir([...byDay, "--tsv"], { ...env, WEIR_ZONE: "America/New_York" });
    expect(days.out).toBe("BUCKET\tEVENTS\n2026-10-31T00:00:00-04:00\t1500\n2026-11-01T00:00:00-04:00\t0\n");
  });
});

it("Ctrl-C ends a command with 130, and SIGTERM with 143", async () => {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const child = spawn(process.execPath, [script, "send", "--state", signal], {
      env,
      cwd: env.WEIR_DATA_DIR,
    });
    atEnd(() => child.kill("SIGKILL"));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.write(`{"event_type":"${signal}","payload":{}}\n`);
    // Once it has sent this, it waits for more input, and its handlers are there.
    await expect
      .poll(async () => (await weir(["count", "--type", signal], env)).out, { timeout: 45_000 })
      .not.toBe("0\n");
    child.kill(signal);
    expect(await ended).toBe(code);
  }
});
