/** Builds the sites: compresses their files, and writes them with a manifest from which `lib/pages` serves them. */
import { createHash } from "node:crypto";
import { glob, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { type Entry, MANIFEST, type Manifest } from "../lib/pages/manifest.ts";
import type { SiteBuild, SiteFile } from "./site-file.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Where `functions/web.ts` looks for the pages. */
export const PAGES_FOLDER = join(ROOT, "web", "dist");

/** What the sites are made from. */
const SOURCES = [
  "package-lock.json",
  "web/**",
  "docs/**",
  "lib/**/*.ts",
  "sdk/typescript/README.md",
  "sdk/typescript/src/**/*.ts",
  "{README,CONTRIBUTING,CHANGELOG}.md",
];

/**
 * Builds the pages, unless they are there already, made from the same sources. Several builds may run at once: files are
 * named after their content, and the manifest is replaced in one step.
 * @param say called with a line of progress if there is something to do
 */
export async function buildPages(say: (line: string) => void, folder = PAGES_FOLDER): Promise<void> {
  const sources = await hashOfSources();
  if (await isBuiltFrom(folder, sources)) return;
  say("Building the dashboard and the documentation …");
  const files = (await Promise.all((await sites()).map(buildSite))).flat();
  await writePages(folder, files, sources);
}

async function isBuiltFrom(folder: string, sources: string): Promise<boolean> {
  const manifest = await readManifest(folder);
  if (manifest?.sources !== sources) return false;
  const whole = await Promise.all(Object.values(manifest.entries).map((entry) => isWhole(folder, entry)));
  return whole.every(Boolean);
}

/** Writes files with their manifest, and removes those of builds before the last one. */
export async function writePages(folder: string, files: readonly SiteFile[], sources: string): Promise<void> {
  const before = await readManifest(folder);
  await mkdir(folder, { recursive: true });
  const known = new Map(Object.values(before?.entries ?? {}).map((entry) => [entry.file, entry]));
  const entries = await Promise.all(files.map((file) => writeSiteFile(folder, file, known)));
  const manifest: Manifest = {
    sources,
    entries: Object.fromEntries(files.map(({ path }, index) => [path, entries[index] as Entry])),
  };
  const draft = join(folder, `${MANIFEST}.${process.pid}`);
  await writeFile(draft, JSON.stringify(manifest));
  await rename(draft, join(folder, MANIFEST));
  await removeOthers(folder, [before, manifest]);
}

/** Folders of `web` that have a program to build them. */
const sites = async (): Promise<string[]> =>
  (await Array.fromAsync(glob("*/build.ts", { cwd: join(ROOT, "web") }))).map(dirname);

async function buildSite(site: string): Promise<SiteFile[]> {
  const { build } = (await import(`./${site}/build.ts`)) as SiteBuild;
  return build();
}

async function hashOfSources(): Promise<string> {
  const names: string[] = [];
  for await (const entry of glob(SOURCES, { cwd: ROOT, withFileTypes: true }))
    if (entry.isFile() && !entry.parentPath.startsWith(PAGES_FOLDER))
      names.push(join(entry.parentPath, entry.name));
  const hash = createHash("sha256");
  for (const name of names.sort())
    hash
      .update(name.slice(ROOT.length))
      .update("\0")
      .update(await readFile(name));
  return hash.digest("hex");
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, MANIFEST), "utf8")) as Manifest;
  } catch {
    return undefined;
  }
}

/** Above this size brotli's best quality takes seconds, and saves a few percent. */
const BEST_UP_TO_BYTES = 131_072;

const gzipped = promisify(gzip);
const brotli = promisify(brotliCompress);

/**
 * Writes a file with its compressed copies, if these are smaller by a tenth. Compressing takes most of a build's time, so what the
 * folder has from the build before is kept.
 * @param known entries of the build before, by the names of their files
 */
async function writeSiteFile(
  folder: string,
  { path, type, body, policy }: SiteFile,
  known: ReadonlyMap<string, Entry>,
): Promise<Entry> {
  const bytes = Buffer.from(body);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  const file = `${hash}${extname(path)}`;
  const before = known.get(file);
  const entry = { file, type, hash, ...(policy !== undefined && { policy }) };
  if (before && (await isWhole(folder, before))) return { ...entry, isCompressed: before.isCompressed };
  const quality = bytes.length > BEST_UP_TO_BYTES ? 9 : constants.BROTLI_MAX_QUALITY;
  const [gz, br] = await Promise.all([
    gzipped(bytes, { level: constants.Z_BEST_COMPRESSION }),
    brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }),
  ]);
  const isCompressed = gz.length < bytes.length * 0.9;
  await Promise.all(
    isCompressed
      ? [writeFile(join(folder, `${file}.gz`), gz), writeFile(join(folder, `${file}.br`), br)]
      : [writeFile(join(folder, file), bytes)],
  );
  return { ...entry, isCompressed };
}

/** True if the folder still has the file of an entry. */
async function isWhole(folder: string, { file, isCompressed }: Entry): Promise<boolean> {
  const names = isCompressed ? [`${file}.gz`, `${file}.br`] : [file];
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return found.every((one) => one?.isFile());
}

/** Longer than a build takes, in milliseconds. */
const BUILD_MS = 600_000;

/**
 * Removes old files of neither manifest: a server may have read the manifest before. New ones may be those of another build, of
 * sources that have changed, which has no manifest yet.
 */
async function removeOthers(folder: string, kept: readonly (Manifest | undefined)[]): Promise<void> {
  const names = new Set(
    kept.flatMap((manifest) => Object.values(manifest?.entries ?? {})).map(({ file }) => file),
  );
  for (const name of await readdir(folder)) {
    const isKept = name.startsWith(MANIFEST) || names.has(name.replace(/\.(?:gz|br)$/, ""));
    if (isKept) continue;
    const file = await stat(join(folder, name)).catch(() => undefined);
    if (file && file.mtimeMs < Date.now() - BUILD_MS) await rm(join(folder, name), { force: true });
  }
}
