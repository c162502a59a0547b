import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, makeBundles } from "../../bench/bundles.ts";
import { openApiText } from "../../lib/app/openapi-text.ts";
import { paths } from "../../lib/app/paths.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const plugins = createRequire(import.meta.url)("../../serverless/esbuild-plugins.cjs") as Plugin[];

let folder: string;
let bundles: Bundle[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-bundles-"));
  await mkdir(join(folder, "web"));
  await writeFile(join(folder, "web/web.dist-es-OLD.mjs"), "");
  bundles = await makeBundles(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a module exports that is bundled as functions are. @param text of it, in the project's folder */
async function exportsOf(text: string): Promise<Record<string, unknown>> {
  const outdir = await mkdtemp(join(folder, "one-"));
  const entry = join(outdir, "entry.mjs");
  await writeFile(entry, text.replaceAll('"./', `"${PROJECT}`));
  await build({
    entryPoints: [entry],
    outdir: join(outdir, "made"),
    outExtension: { ".js": ".mjs" },
    nodePaths: [join(PROJECT, "node_modules")],
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    plugins,
    logLevel: "silent",
  });
  return import(pathToFileURL(join(outdir, "made/entry.mjs")).href);
}

describe("bundles", () => {
  it("have files that are named after their function, and no other is packed with it", async () => {
    for (const { name, file } of bundles)
      for (const other of await readdir(dirname(file))) expect(other).toMatch(new RegExp(`^${name}\\.`));
  });

  it("have no files of an earlier build", async () => {
    expect(await readdir(join(folder, "web"))).not.toContain("web.dist-es-OLD.mjs");
    expect((await readdir(join(folder, "web"))).length).toBeGreaterThan(1);
  });

  it("load nothing of AWS' SDK before it is needed", async () => {
    for (const { name, file, bytes, startBytes } of bundles) {
      expect(bytes, name).toBeGreaterThan(startBytes + 300_000);
      expect(await readFile(file, "utf8"), name).not.toMatch(/SendMessageBatch"|PutObjectRequest/);
    }
  });

  it("read none of the members for which Node loads its HTTP client", async () => {
    for (const { name, file } of bundles)
      for (const one of await readdir(dirname(file)))
        expect(await readFile(join(dirname(file), one), "utf8"), name).not.toMatch(/\.WebSocket\b/);
  });

  it("hold ASCII only, of which V8 keeps a byte a character and not two", async () => {
    for (const { name, file } of bundles) {
      const text = await readFile(file, "latin1");
      expect(/[^\0-\x7f]/.exec(text)?.index, name).toBeUndefined();
    }
  });

  it("import none of Node's modules by a statement", async () => {
    for (const { name, file } of bundles)
      expect((await readFile(file, "utf8")).match(/from"(?!\.\/)[^"]*"/g), name).toBeNull();
  });
});

describe("what is made while bundling", () => {
  it("is what the modules themselves make", async () => {
    const made = await exportsOf(
      'export { openApiText } from "./lib/app/openapi-text.ts"; export { paths } from "./lib/app/paths.ts";',
    );
    // The order is that in which the loader gives a module's exports, and tests have another loader.
    const inOrder = (all: typeof paths) => all.toSorted((a, b) => a.path.localeCompare(b.path));
    expect(JSON.parse(made.openApiText as string)).toEqual(JSON.parse(openApiText));
    expect(inOrder(made.paths as typeof paths)).toEqual(inOrder(paths));
    const web = bundles.find(({ name }) => name === "web");
    expect(web?.parts.map(([part]) => part)).not.toContain("zod-openapi");
  });

  it("is a client of Redis with the commands that somebody here calls, and not with all", async () => {
    const { has } = await exportsOf(
      'import { Redis } from "ioredis"; export const has = (name) => name in Redis.prototype;',
    );
    const called = ["hget", "xgroup", "xreadgroup", "xautoclaim", "multi", "evalsha", "quit", "callBuffer"];
    const missing = (names: string[]) => names.filter((name) => !(has as (name: string) => boolean)(name));
    expect(missing([...called, "ping", "select", "hello"])).toEqual([]);
    expect(missing(["geoadd", "bitfield"])).toEqual(["geoadd", "bitfield"]);
  });

  it("is Node's modules as they are, members that Node loads late included", async () => {
    const made = await exportsOf(
      `import fs, { promises, readFileSync } from "node:fs"; import { EventEmitter } from "events";
       import * as timers from "node:timers/promises";
       export const all = [promises === fs.promises, readFileSync === fs.readFileSync,
         typeof new EventEmitter().on, typeof timers.setTimeout];`,
    );
    expect(made.all).toEqual([true, true, "function", "function"]);
  });
});
