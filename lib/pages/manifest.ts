/** The list of built pages and their files, written by `web/build.ts`. */
import { readFile, stat } from "node:fs/promises";

/** Name of the list in the folder of the files. */
export const MANIFEST = "manifest.json";

export interface Entry {
  /** Name in the folder. If it is compressed, the folder has it with the endings `.br` and `.gz`, and not without. */
  file: string;
  /** Media type. */
  type: string;
  /** Of the content, in hexadecimal digits. */
  hash: string;
  isCompressed: boolean;
  /** Content-Security-Policy. */
  policy?: string;
}

export interface Manifest {
  /** Hash of what the pages were made from. */
  sources: string;
  /** By the path of the URL. */
  entries: Readonly<Record<string, Entry>>;
}

interface Known {
  folder: URL;
  changedMs: number;
  manifest: Manifest;
}

let known: Known | undefined;

/**
 * The first of the folders that has a manifest, with the manifest. It is read again after a new build.
 * @returns undefined if nothing has been built
 */
export async function findPages(folders: readonly URL[]): Promise<Omit<Known, "changedMs"> | undefined> {
  for (const folder of folders) {
    const file = new URL(MANIFEST, folder);
    const changedMs = (await stat(file).catch(() => undefined))?.mtimeMs;
    if (changedMs === undefined) continue;
    if (known?.changedMs !== changedMs || known.folder.href !== folder.href)
      known = { folder, changedMs, manifest: JSON.parse(await readFile(file, "utf8")) as Manifest };
    return known;
  }
  return undefined;
}
