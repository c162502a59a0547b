import { mkdir, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bundle, makeBundles } from "../../../bench/bundles.ts";
import { openApiText } from "../../../lib/app/openapi-text.ts";
import { paths } from "../../../lib/app/paths.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const plugins = createRequire(import.meta.url)("../../../serverless/esbuild-plugins.cjs") as Plugin[];

let folder: string;
let bundles: Bundle[];
beforeAll(async () => {
  folder = await tempFolder("bundles");
  await mkdir(join(folder, "web"));
  await writeFile(join(folder, "web/web.dist-es-OLD.mjs"), "");
  bundles = await makeBundles(folder);
});

/** Bundles a module as functions are bundled and returns its exports. @param text of the module, in the project's folder */
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
  it("have only files named after their function", async () => {
    for (const { name, file } of bundles)
      for (const other of await readdir(dirname(file))) expect(other).toMatch(new RegExp(`^${name}\\.`));
  });

  it("have no files from an earlier build", async () => {
    expect(await readdir(join(folder, "web"))).not.toContain("web.dist-es-OLD.mjs");
    expect((await readdir(join(folder, "web"))).length).toBeGreaterThan(1);
  });

  it("load the AWS SDK only when it is needed", async () => {
    for (const { name, file, bytes, startBytes } of bundles) {
      expect(bytes, name).toBeGreaterThan(startBytes + 300_000);
      expect(await readFile(file, "utf8"), name).not.toMatch(/SendMessageBatch"|PutObjectRequest/);
    }
  });

  it("read no member for which Node loads its HTTP client", async () => {
    for (const { name, file } of bundles)
      for (const one of await readdir(dirname(file)))
        expect(await readFile(join(dirname(file), one), "utf8"), name).not.toMatch(/\.WebSocket\b/);
  });

  it("contain only ASCII, which V8 stores in one byte a character instead of two", async () => {
    for (const { name, file } of bundles) {
      const text = await readFile(file, "latin1");
      expect(/[^\0-\x7f]/.exec(text)?.index, name).toBeUndefined();
    }
  });

  it("import Node's modules without import statements", async () => {
    for (const { name, file } of bundles)
      expect((await readFile(file, "utf8")).match(/\bfrom"(?!\.\/)[^"]*"/g), name).toBeNull();
  });
});

describe("code generated while bundling", () => {
  it("equals what the modules themselves compute", async () => {
    const made = await exportsOf(
      'export { openApiText } from "./lib/app/openapi-text.ts"; export { paths } from "./lib/app/paths.ts";',
    );
    // The order depends on the loader, and tests have another loader.
    const inOrder = (all: typeof paths) => all.toSorted((a, b) => a.path.localeCompare(b.path));
    expect(JSON.parse(made.openApiText as string)).toEqual(JSON.parse(openApiText));
    expect(inOrder(made.paths as typeof paths)).toEqual(inOrder(paths));
    const web = bundles.find(({ name }) => name === "web");
    expect(web?.parts.map(([part]) => part)).not.toContain("zod-openapi");
  });

  it("gives the Redis client only the commands that are called", async () => {
    const { has } = await exportsOf(
      'import { Redis } from "ioredis"; export const has = (name) => name in Redis.prototype;',
    );
    const called = ["hget", "xgroup", "xreadgroup", "xautoclaim", "multi", "evalsha", "quit", "callBuffer"];
    const missing = (names: string[]) => names.filter((name) => !(has as (name: string) => boolean)(name));
    expect(missing([...called, "ping", "select", "hello"])).toEqual([]);
    expect(missing(["geoadd", "bitfield"])).toEqual(["geoadd", "bitfield"]);
  });

  it("keeps Node's modules unchanged, including members that Node loads late", async () => {
    const made = await exportsOf(
      `import fs, { promises, readFileSync } from "node:fs"; import { EventEmitter } from "events";
       import * as timers from "node:timers/promises";
       const { Agent } = await import("http");
       export const all = [promises === fs.promises, readFileSync === fs.readFileSync,
         typeof new EventEmitter().on, typeof timers.setTimeout, typeof new Agent().destroy];`,
    );
    expect(made.all).toEqual([true, true, "function", "function", "function"]);
  });
});
