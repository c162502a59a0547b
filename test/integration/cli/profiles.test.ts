/** Which system a command calls, and with which key. */
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type System, testSystem } from "../../support/servers/system.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";
import { cliHome, weir } from "../../support/weir.ts";

let system: System;
let dataDir: string;
let config: string;
beforeAll(async () => {
  dataDir = await tempFolder("profiles-data");
  system = await testSystem({}, { dataDir });
});
beforeEach(async () => {
  config = await tempFolder("profiles");
});

const run = (words: readonly string[], others: Record<string, string> = {}, input = "") =>
  weir(words, { ...cliHome, XDG_CONFIG_HOME: config, ...others }, input);
const login = (name: string, key: string, url = system.stack.url) =>
  run(["login", name, "--url", url], {}, `${key}\n`);
const profilesIn = async (others: Record<string, string> = {}) =>
  JSON.parse((await run(["profiles", "--json"], others)).out).profiles;

describe("profiles", () => {
  it("are saved for their owner only, never printed with their keys, and selected", async () => {
    expect(await login("demo", system.stack.apiKey)).toMatchObject({ code: 0, err: "" });
    expect((await login("boss", system.stack.adminKey)).out).toContain("The profile boss");
    const file = join(config, "weir/profiles.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const outputs = [await run(["profiles"]), await run(["profiles", "--json"])].map(({ out }) => out).join();
    for (const key of [system.stack.apiKey, system.stack.adminKey])
      expect(outputs).not.toContain(key.slice(-12));
    expect(await profilesIn()).toMatchObject([
      { name: "demo", current: false },
      { name: "boss", current: true },
    ]);
    expect((await run(["client", "list"])).code).toBe(0);
    expect((await run(["client", "list", "--profile", "demo"])).code).toBe(3);
    expect((await run(["client", "list"], { WEIR_PROFILE: "demo" })).code).toBe(3);
    expect((await run(["profiles", "use", "demo"])).code).toBe(0);
    expect((await run(["client", "list"])).code).toBe(3);
    expect((await run(["logout"])).out).toContain("The profile demo is removed.");
    expect(await profilesIn()).toMatchObject([{ name: "boss", current: false }]);
    expect((await run(["count"])).code).toBe(2);
  });

  it("stay private if their file was not", async () => {
    await login("demo", system.stack.apiKey);
    const file = join(config, "weir/profiles.json");
    await chmod(file, 0o644);
    await login("again", system.stack.apiKey);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("give way to the environment, and to options before that", async () => {
    await login("demo", system.stack.apiKey);
    const away = { WEIR_URL: "http://127.0.0.1:2", WEIR_KEY: system.stack.adminKey };
    expect((await run(["count"], away)).code).toBe(4);
    expect((await run(["count", "--profile", "demo"], away)).code).toBe(0);
    expect((await run(["count", "--url", system.stack.url], away)).code).toBe(0);
    // The address of a profile has its key.
    expect((await run(["count", "--url", `${system.stack.url}/`])).code).toBe(0);
    expect((await run(["client", "list"], { WEIR_KEY: system.stack.adminKey })).code).toBe(0);
    // An empty variable counts as unset.
    expect((await run(["count"], { WEIR_URL: "", WEIR_KEY: "" })).code).toBe(0);
  });

  it("come before the system that npm start runs, which is the profile local", async () => {
    const local = { WEIR_DATA_DIR: dataDir };
    expect((await run(["client", "list"], local)).code).toBe(0);
    expect(await profilesIn(local)).toMatchObject([{ name: "local", current: true }]);
    await login("demo", system.stack.apiKey);
    expect((await run(["client", "list"], local)).code).toBe(3);
    expect((await run(["client", "list", "--profile", "local"], local)).code).toBe(0);
    await run(["profiles", "use", "local"], local);
    expect((await run(["client", "list"], local)).code).toBe(0);
    // Its keys are not sent to another system.
    expect((await run(["count", "--url", "http://127.0.0.1:2"], local)).code).toBe(3);
  });

  it("are refused if the key is unknown or the system away, and nothing is saved", async () => {
    expect(await login("wrong", "weir_demo_wrong")).toMatchObject({
      code: 3,
      err: expect.stringContaining("401 invalid-api-key"),
    });
    expect(await login("away", "x", "http://127.0.0.1:2")).toMatchObject({ code: 4 });
    expect(await login("bad", "x", "weir.example")).toMatchObject({ code: 2 });
    expect(await login("empty", "")).toMatchObject({ code: 2, err: "The key is empty." });
    expect(await login("two", "a b")).toMatchObject({ code: 2 });
    expect(await login("local", "x")).toMatchObject({ code: 2 });
    expect(await login("../x", "x")).toMatchObject({ code: 2 });
    expect(await profilesIn()).toEqual([]);
    const unchecked = await run(["login", "later", "--url", "http://127.0.0.1:2", "--no-check"], {}, "x\n");
    expect(unchecked.code).toBe(0);
    expect(await profilesIn()).toMatchObject([{ name: "later" }]);
  });

  it("in a broken file end with a sentence", async () => {
    await login("demo", system.stack.apiKey);
    const file = join(config, "weir/profiles.json");
    for (const text of ["{", "[]", '{"profiles":{"a":{}}}', '{"profiles":null}']) {
      await writeFile(file, text);
      const { code, err } = await run(["count"]);
      expect({ code, err }, text).toEqual({
        code: 2,
        err: expect.stringContaining("is not a file of profiles"),
      });
      expect(await readFile(file, "utf8")).toBe(text);
    }
  });
});
