/**
 * `npm run build [folder]`: bundles the server and the command line into a folder, by default `dist`, which needs nothing but
 * Node 24. The Dockerfile's image contains it.
 */
import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { buildPages } from "../web/build.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ENTRIES = {
  serve: "serve/main.ts",
  "health-check": "serve/health-check.ts",
  weir: "bin/weir.ts",
  migrate: "bin/migrate.ts",
};
/** Of the functions' plugins, those that do not depend on one function. */
const PLUGINS = ["without-zod-locales", "builtins-without-import", "constants-made-before"];

const folder = resolve(process.argv[2] ?? "dist");
const plugins = (createRequire(import.meta.url)("../serverless/esbuild-plugins.cjs") as Plugin[]).filter(
  ({ name }) => PLUGINS.includes(name),
);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await build({
  absWorkingDir: ROOT,
  entryPoints: ENTRIES,
  outdir: folder,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"],
  outExtension: { ".js": ".mjs" },
  chunkNames: "[name]-[hash]",
  legalComments: "linked",
  logLevel: "warning",
  plugins,
});
await buildPages(console.log, join(folder, "pages"));
// migrate() looks for them beside its own file.
await cp(join(ROOT, "lib/postgres/migrations"), join(folder, "migrations"), { recursive: true });
await cp(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
console.log(
  `${(await readdir(folder)).length} files in ${folder}; \`node ${join(folder, "serve.mjs")}\` runs the server.`,
);
