/** Describes the machine and its servers. */
import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { Redis } from "ioredis";
import postgres from "postgres";

export interface Machine {
  date: string;
  processor: string;
  cores: number;
  memoryGiB: number;
  /** Load average of the minute before, which shows whether the machine was busy. */
  loadBefore: number;
  node: string;
  postgres: string;
  redis: string;
  settings: Record<string, string>;
  commit: string;
}

/** The measured commit; results written by an earlier part of the run do not count as changes. */
const SOURCES = [
  "../lib",
  "../functions",
  "../local",
  "../serverless",
  "../serverless.yml",
  "../package-lock.json",
];
const PARAMETERS = [
  "fsync",
  "synchronous_commit",
  "full_page_writes",
  "shared_buffers",
  "max_wal_size",
  "wal_level",
];

export async function describeMachine(databaseUrl: string, redisUrl: string): Promise<Machine> {
  const sql = postgres(databaseUrl, { max: 1 });
  const redis = new Redis(redisUrl);
  try {
    const rows = await sql<{ name: string; value: string }[]>`
      SELECT name, current_setting(name) AS value FROM unnest(${PARAMETERS}::text[]) AS name`;
    const [version] = await sql<{ text: string }[]>`SELECT current_setting('server_version') AS text`;
    const info = await redis.info("server");
    const appended = await redis.config("GET", "append*");
    const [, appendonly] = pair(appended, "appendonly");
    const [, appendfsync] = pair(appended, "appendfsync");
    return {
      date: new Date().toISOString().slice(0, 10),
      processor: cpus()[0]?.model ?? "unknown",
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
      node: process.version,
      postgres: version?.text ?? "",
      redis: /(?:valkey|redis)_version:(\S+)/.exec(info)?.[1] ?? "",
      settings: {
        ...Object.fromEntries(rows.map(({ name, value }) => [name, value])),
        appendonly,
        appendfsync,
      },
      commit:
        git("rev-parse", "--short", "HEAD") +
        (git("status", "--porcelain", "--", ...SOURCES) === "" ? "" : ", changed"),
    };
  } finally {
    await sql.end();
    redis.disconnect();
  }
}

function pair(flat: unknown, name: string): [string, string] {
  const words = Array.isArray(flat) ? flat.map(String) : [];
  return [name, words[words.indexOf(name) + 1] ?? "unknown"];
}

function git(...words: string[]): string {
  try {
    return execFileSync("git", words, { cwd: import.meta.dirname, encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}
