import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atEnd } from "../cleanup.ts";

/** Makes a folder that is removed after the file's tests. */
export async function tempFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `weir-${name}-`));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
