/** What is different on a terminal: prompts, colours, progress, pager, Ctrl-C. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type System, testSystem } from "../../support/servers/system.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";
import { inTerminal, readable, type Terminal } from "../../support/terminal.ts";
import { cliHome, script, weir } from "../../support/weir.ts";

let system: System;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  const dataDir = await tempFolder("terminal-data");
  folder = await tempFolder("terminal");
  system = await testSystem({}, { dataDir });
  env = {
    ...cliHome,
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_STATE_HOME: join(folder, "state"),
    WEIR_DATA_DIR: dataDir,
    PATH: process.env.PATH ?? "",
    TERM: "xterm-256color",
  };
});

const start = (words: readonly string[], others: Record<string, string> = {}, columns = 100): Terminal =>
  inTerminal(process.execPath, [script, ...words], { env: { ...env, ...others }, cwd: folder, columns });
const rows = (count: number): string =>
  Array.from({ length: count }, (_, n) => `p-${n},2026-11-01T00:00:00Z,${n}`).join("\n");

describe("on a terminal", () => {
  it("login asks for the key without showing it, and saves it for its owner only", async () => {
    const login = start(["login", "mine", "--url", system.stack.url]);
    await login.shows(/API key for http/);
    login.pty.write(`${system.stack.apiKey}\r`);
    expect(await login.ended).toBe(0);
    expect(login.output()).toContain("The profile mine");
    expect(login.output()).not.toContain(system.stack.apiKey.slice(5, 20));
    const file = join(folder, "config/weir/profiles.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "config/weir"))).mode & 0o777).toBe(0o700);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({
      current: "mine",
      profiles: { mine: { url: system.stack.url, key: system.stack.apiKey } },
    });
  });

  it("Ctrl-C at a prompt ends with 130 and changes nothing", async () => {
    const login = start(["login", "other", "--url", system.stack.url]);
    await login.shows(/API key for http/);
    login.pty.write("\u0003");
    expect(await login.ended).toBe(130);
    expect(await readFile(join(folder, "config/weir/profiles.json"), "utf8")).not.toContain("other");
  });

  it("tables have colours and fit, unless colours are unwanted", async () => {
    const list = ["client", "list", "--profile", "local"];
    const colored = start(list, {}, 40);
    expect(await colored.ended).toBe(0);
    expect(colored.output()).toContain("\u001b[1mCLIENT");
    for (const line of readable(colored.output()).split("\n")) expect(line.length).toBeLessThanOrEqual(40);
    for (const [words, others] of [
      [[...list, "--no-color"], {}],
      [list, { NO_COLOR: "1" }],
      [list, { TERM: "dumb" }],
    ] as const) {
      const plain = start(words, others, 200);
      expect(await plain.ended).toBe(0);
      expect(plain.output()).not.toContain("\u001b[");
      expect(plain.output()).toContain("Administrator");
    }
    const piped = await weir(list, env);
    expect(piped.out).not.toContain("\u001b");
  });

  it("lists go through the pager of the user, results do not", async () => {
    await writeFile(join(folder, "pager.sh"), "echo PAGED; cat");
    const list = start(["client", "list", "--profile", "local"], { PAGER: "sh pager.sh" });
    expect(await list.ended).toBe(0);
    expect(readable(list.output())).toMatch(/^PAGED\n[\s\S]*Administrator/);
    const count = start(["count", "--profile", "local"], { PAGER: "sh pager.sh" });
    expect(await count.ended).toBe(0);
    expect(count.output()).not.toContain("PAGED");
    // A pager that is left early, as with q in less.
    const left = start(["client", "list", "--profile", "local"], { PAGER: "true" });
    expect(await left.ended).toBe(0);
  });

  it("sending shows its progress, stops on Ctrl-C, and continues", async () => {
    await writeFile(join(folder, "many.csv"), `event_id,timestamp,n\n${rows(100_000)}\n`);
    const words = ["send", "many.csv", "--type", "terminal", "--profile", "local"];
    const first = start(words);
    await first.shows(/[1-9][\d,]* sent/);
    first.pty.write("\u0003");
    expect(await first.ended).toBe(130);
    expect(readable(first.output())).toContain("Run the same command again to continue.");
    // The cursor is back.
    expect(first.output().lastIndexOf("\u001b[?25h")).toBeGreaterThan(
      first.output().lastIndexOf("\u001b[?25l"),
    );
    const second = start(words);
    expect(await second.ended).toBe(0);
    expect(readable(second.output())).toMatch(/Continuing after [\d,]+ records that were sent before/);
    const shown = Array.from(
      readable(second.output()).matchAll(/([\d,]+) sent(?! before)/g),
      ([, number = ""]) => Number(number.replaceAll(",", "")),
    );
    expect(Math.max(...shown)).toBeLessThanOrEqual(100_000);
    const [line = ""] = /100,000 records = .*/.exec(readable(second.output())) ?? [];
    const parts = [...line.matchAll(/([\d,]+) (?:sent before|accepted|duplicates|rejected)/g)];
    const numbers = parts.map(([, number = ""]) => Number(number.replaceAll(",", "")));
    expect(numbers[0]).toBeGreaterThan(0);
    expect(numbers.reduce((sum, number) => sum + number, 0)).toBe(100_000);
    const count = async () =>
      (await weir(["count", "--type", "terminal", "--profile", "local"], env)).out.trim();
    await expect.poll(count, { timeout: 60_000, interval: 500 }).toBe("100000");
  });

  it("deleting asks, and no is no", async () => {
    const remove = start(["dead-letters", "delete", "1-0"]);
    await remove.shows(/for good\?/);
    remove.pty.write("\r");
    expect(await remove.ended).toBe(1);
    expect(remove.output()).toContain("Nothing was deleted.");
  });
});
