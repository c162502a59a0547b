/** The package as npm would publish it: packed, installed into an empty folder, and used. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { version } from "../../../lib/base/version.ts";
import { mustRun, run } from "../../support/command.ts";
import { testSystem } from "../../support/servers/system.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";
import { cliHome } from "../../support/weir.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const env = { ...process.env };

/** A folder in which somebody has installed the package. */
let project: string;
let installed: string;
let servers: Record<string, string>;
beforeAll(async () => {
  const source = await tempFolder("cli-source");
  for (const file of ["package.json", "README.md"]) await cp(join(ROOT, "cli", file), join(source, file));
  await cp(join(ROOT, "LICENSE"), join(source, "LICENSE"));
  await mustRun(process.execPath, [join(ROOT, "bin/cli/build.ts"), join(source, "dist")], { cwd: ROOT, env });
  project = await tempFolder("cli-project");
  await mustRun("npm", ["pack", "--ignore-scripts", "--pack-destination", project], { cwd: source, env });
  await writeFile(join(project, "package.json"), "{}");
  // Nothing to fetch: the package has no dependencies.
  const words = ["install", "--offline", "--no-audit", "--no-fund", `./weir-cli-${version}.tgz`];
  await mustRun("npm", words, { cwd: project, env });
  installed = join(project, "node_modules/@weir/cli");
  const dataDir = await tempFolder("cli-package-data");
  await testSystem({}, { dataDir });
  servers = { WEIR_DATA_DIR: dataDir };
});

/** Versions of Node.js that this machine has: that of the tests, and that of the PATH. */
function nodes(): [name: string, path: string][] {
  const found = execFileSync("bash", ["-c", "type -aP node || true"], { encoding: "utf8" })
    .trim()
    .split("\n");
  const versions = [process.execPath, ...found].flatMap((path): [string, string][] => {
    if (path === "") return [];
    return [[execFileSync(path, ["--version"], { encoding: "utf8" }).trim(), path]];
  });
  return [...new Map(versions)].filter(([name]) => Number(/^v(\d+)/.exec(name)?.[1]) >= 20);
}

describe("the package", () => {
  it("has the version of Weir, no dependencies, the licences, and nothing but the build", async () => {
    const description = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    expect(description.version).toBe(version);
    expect(Object.keys(description).filter((name) => /dependencies/i.test(name))).toEqual([]);
    expect((await readdir(installed)).toSorted()).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
    expect(await readFile(join(installed, "dist/THIRD-PARTY-LICENSES"), "utf8")).toMatch(/^commander \d/m);
    const { messages } = await publint({ pkgDir: installed, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, description))).toEqual([]);
    for (const name of await readdir(join(installed, "dist")))
      if (name.endsWith(".mjs"))
        expect((await readFile(join(installed, "dist", name), "utf8")).includes(ROOT), name).toBe(false);
  });

  it.each(nodes())("works with Node.js %s: files, questions, servers, and digits", async (name, node) => {
    const home = await tempFolder("cli-package-home");
    const bin = join(home, "bin");
    await mkdir(bin);
    // What npm makes of it: a link on the PATH, run by the node of the PATH.
    await writeFile(join(bin, "node"), `#!/bin/sh\nexec "${node}" "$@"\n`, { mode: 0o755 });
    const all = {
      ...cliHome,
      ...servers,
      XDG_STATE_HOME: home,
      PATH: `${bin}:${join(project, "node_modules/.bin")}:${process.env.PATH}`,
    };
    const weir = (...words: string[]) => run("weir", words, { cwd: home, env: all });
    expect(await weir("--version")).toMatchObject({ code: 0, stdout: `${version}\n` });
    await writeFile(
      join(home, "a.csv"),
      `event_id,timestamp,n\n${name},2026-11-01T00:00:00Z,12345678901234567890.10\n`,
    );
    const sent = await weir("send", "a.csv", "--type", "packed", "--map", "payload.n=n:number");
    expect(sent).toMatchObject({ code: 0, stdout: "1 records = 1 accepted + 0 duplicates + 0 rejected\n" });
    const get = async () => {
      const { stdout } = await weir("events", "get", name, "--json");
      expect(stdout).toContain('"n": 12345678901234567890.10');
    };
    await vi.waitFor(get, { timeout: 45_000, interval: 300 });
    expect((await weir("series", "--last", "1y", "--interval", "month", "--by", "type")).stdout).toContain(
      "packed: ",
    );
    expect((await weir("client", "list", "--tsv")).stdout).toContain("admin\tAdministrator\tyes");
    expect((await weir("client", "list", "--direct", "--tsv")).stdout).toContain("admin\tAdministrator\tyes");
    expect((await weir("doctor", "--all")).stdout).toMatch(/^ok +PostgreSQL +schema/m);
    expect((await weir("dead-letters", "list")).stdout).toBe("There are no dead letters.\n");
    expect((await weir("cuont")).code).toBe(2);
  });
});
