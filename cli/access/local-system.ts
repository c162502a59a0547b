import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { environment } from "../settings.ts";

/** The API of a system that `npm start` runs, and its keys. */
export interface LocalSystem {
  url: string;
  /** Of the demo client: sends and reads its own events. */
  apiKey: string;
  adminKey: string;
}

/** Reads the file that `npm start` writes. @returns undefined if the data folder has no such file */
export async function findLocalSystem(): Promise<LocalSystem | undefined> {
  try {
    const content = JSON.parse(await readFile(join(environment.dataDir, "dev.json"), "utf8")) as LocalSystem;
    const { url, apiKey, adminKey } = content;
    const texts = [url, apiKey, adminKey];
    return texts.every((text) => typeof text === "string") ? { url, apiKey, adminKey } : undefined;
  } catch {
    return undefined;
  }
}
