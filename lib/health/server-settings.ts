/** Checks whether the servers' settings keep what Weir promises. */

import type { z } from "zod";
import type { Config } from "../config/config.ts";
import type { Database } from "../postgres/client.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type * as contract from "./contract.ts";
import { type RedisSettings, readSettings } from "./redis-settings.ts";
import { readDurability } from "./sql/read-durability.ts";

export type Settings = z.output<typeof contract.settingsSchema>;

interface Demand {
  setting: string;
  /** Safe values, the preferred one first. */
  good: readonly string[];
  risk: string;
  /** It matters only if Redis is the queue. */
  ofQueue?: true;
}

const DATABASE: readonly Demand[] = [
  {
    setting: "fsync",
    good: ["on"],
    risk: "A power failure can lose stored events and corrupt the database.",
  },
  { setting: "full_page_writes", good: ["on"], risk: "A power failure can corrupt the database." },
  {
    setting: "synchronous_commit",
    good: ["on", "local", "remote_write", "remote_apply"],
    risk: "A crash can lose events that were already acknowledged and removed from the queue.",
  },
];

const REDIS: readonly Demand[] = [
  {
    setting: "appendonly",
    good: ["yes"],
    risk: "Accepted events are lost when Redis stops.",
    ofQueue: true,
  },
  {
    setting: "appendfsync",
    good: ["always"],
    risk: "A power failure can lose accepted events of about the last second.",
    ofQueue: true,
  },
  {
    setting: "maxmemory-policy",
    good: ["noeviction"],
    risk: "When memory runs out, Redis silently evicts keys, which may include accepted events.",
  },
  {
    setting: "lazyfree-lazy-expire",
    good: ["yes"],
    risk: "Redis blocks all clients while it frees a large expired key.",
  },
];

/** @throws if PostgreSQL does not answer */
export async function databaseSettings({ sql }: { sql: Database }): Promise<Settings> {
  return judge(DATABASE, [await readDurability(sql)]);
}

/** @throws if a Redis server does not answer */
export async function redisSettings({
  redis,
  config,
}: {
  redis: RedisConnection;
  config: Config;
}): Promise<Settings> {
  const demands = REDIS.filter(({ ofQueue }) => !ofQueue || config.queue === "redis");
  return judge(demands, await readSettings(redis));
}

/** With several servers, the worst value counts. */
function judge(demands: readonly Demand[], servers: readonly RedisSettings[]): Settings {
  const found: Settings = { weak: [], unknown: [] };
  for (const { setting, good, risk } of demands) {
    const values = servers.map((server) => server.get(setting));
    const value = values.find((one) => one !== undefined && !good.includes(one));
    if (value !== undefined) found.weak.push({ setting, value, wanted: good[0] ?? "", risk });
    else if (values.length === 0 || values.includes(undefined)) found.unknown.push(setting);
  }
  return found;
}

/** A warning for each unsafe setting. @param server such as `Redis` */
export const settingWarnings = (server: string, { weak }: Settings): string[] =>
  weak.map(
    ({ setting, value, wanted, risk }) =>
      `${server}: ${setting} is ${value} and should be ${wanted}. ${risk}`,
  );
