/**
 * `npm run build:sdk [folder]`: compiles the TypeScript SDK into a folder, by default `sdk/typescript/dist`. `npm pack` in
 * `sdk/typescript` does this first.
 */
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const SDK = fileURLToPath(new URL("../../sdk/typescript/", import.meta.url));
const tsc = join(
  dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
  createRequire(import.meta.url)("typescript/package.json").bin.tsc,
);

function compile(...words: string[]): void {
  const { status } = spawnSync(process.execPath, [tsc, "-p", ...words], { cwd: SDK, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

const folder = resolve(process.argv[2] ?? join(SDK, "dist"));
// Without Node's types: the browser's entry must not use anything of Node.
compile("tsconfig.browser.json");
rmSync(folder, { recursive: true, force: true });
compile("tsconfig.json", "--outDir", folder);
// npm packs the licence from the package's own folder.
cpSync(join(SDK, "../../LICENSE"), join(SDK, "LICENSE"));
