/** The file in which `npm start` says how to reach what it runs. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { QUEUES } from "../lib/config/config.ts";

const devFileSchema = z.object({
  url: z.string(),
  apiKey: z.string(),
  adminKey: z.string(),
  databaseUrl: z.string(),
  redisUrl: z.string(),
  /** Whether it is a cluster, and its number of shards; if absent, a single server without shards. */
  redisCluster: z.boolean().optional(),
  redisShards: z.number().optional(),
  queue: z.enum(QUEUES),
  /** With SQS: the emulator's URL, if any, and the queue. */
  sqsEndpoint: z.string().optional(),
  sqsQueueUrl: z.string().optional(),
  /** File with the public key that verifies the audit trail's checkpoints, if it was generated here. */
  auditPublicKey: z.string().optional(),
});

/** What other programs need to connect to a running local system. */
export type DevFile = z.output<typeof devFileSchema>;

const fileName = (dataDir: string): string => join(dataDir, "dev.json");

export const writeDevFile = (dataDir: string, content: DevFile): Promise<void> =>
  writeFile(fileName(dataDir), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });

/** Reads the file of the last start; undefined if missing or invalid. */
export async function readDevFile(dataDir: string): Promise<DevFile | undefined> {
  try {
    return devFileSchema.parse(JSON.parse(await readFile(fileName(dataDir), "utf8")));
  } catch {
    return undefined;
  }
}
