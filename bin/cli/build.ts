/**
 * `npm run build:cli [folder]`: bundles the command line into a folder, by default `cli/dist`. `npm pack` in `cli` does this
 * first. The result needs nothing but Node.js.
 */
import { chmod, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { thirdPartyLicenses } from "./licenses.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** Of the functions' plugins, those that do not depend on one function. */
const PLUGINS = ["without-zod-locales", "builtins-without-import", "constants-made-before"];

const folder = resolve(process.argv[2] ?? join(ROOT, "cli/dist"));
const plugins = (createRequire(import.meta.url)("../../serverless/esbuild-plugins.cjs") as Plugin[]).filter(
  ({ name }) => PLUGINS.includes(name),
);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const { metafile } = await build({
  absWorkingDir: ROOT,
  entryPoints: { weir: "cli/main.ts" },
  outdir: folder,
  bundle: true,
  // What only some commands need, such as the clients of PostgreSQL and Redis, is loaded by those.
  splitting: true,
  minify: true,
  format: "esm",
  platform: "node",
  target: "node20",
  mainFields: ["module", "main"],
  outExtension: { ".js": ".mjs" },
  chunkNames: "[name]-[hash]",
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  plugins,
});
const entry = join(folder, "weir.mjs");
await writeFile(entry, `#!/usr/bin/env node\n${await readFile(entry, "utf8")}`);
await chmod(entry, 0o755);
// `weir doctor` compares the schema with them.
await cp(join(ROOT, "lib/postgres/migrations"), join(folder, "migrations"), { recursive: true });
await writeFile(
  join(folder, "THIRD-PARTY-LICENSES"),
  await thirdPartyLicenses(ROOT, Object.keys(metafile.inputs)),
);
// npm packs the licence from the package's own folder.
await cp(join(ROOT, "LICENSE"), join(ROOT, "cli/LICENSE"));
