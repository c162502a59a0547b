/** Redis faults: refused writes, lost data, power loss. */
import { readdir, stat, truncate } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine } from "../../local/process.ts";
import type { System } from "../system.ts";
import { type Fault, type FaultContext, type Loss, nothing } from "./fault.ts";
import { withRedis } from "./redis-control.ts";

/** Nothing listens there. */
const DEAD_PORT = 9;
const SYNC_INTERVAL_MS = 1_000;

/** A command that begins a fault, and one that ends it. */
const byCommand = (
  name: string,
  seconds: readonly [number, number],
  begin: readonly [string, ...(string | number)[]],
  undo?: readonly [string, ...(string | number)[]],
): Fault => ({
  name,
  target: "redis",
  seconds,
  ...(undo && { denies: "redis" as const }),
  begin: async ({ system }) => {
    await withRedis(system, (redis) => redis.call(...begin));
    if (!undo) return { detail: "", undo: nothing };
    return {
      detail: "",
      undo: async () => {
        await withRedis(system, (redis) => redis.call(...undo));
      },
    };
  },
});

const forgetIds: Fault = {
  name: "redis-forget-ids",
  target: "redis",
  seconds: [0, 0],
  forgets: true,
  begin: async ({ system }) => {
    const forgotten = await withRedis(system, async (redis) => {
      const keys = await redis.keys("weir:*:seen:*");
      return keys.length === 0 ? 0 : redis.unlink(...keys);
    });
    return { detail: `${forgotten} windows`, undo: nothing };
  },
};

const destroyGroup: Fault = {
  name: "redis-group-destroyed",
  target: "redis",
  seconds: [0, 0],
  queue: "redis",
  begin: async ({ system }) => {
    await withRedis(system, (redis) => redis.xgroup("DESTROY", system.deps.shards.first.queue, "worker"));
    return { detail: "", undo: nothing };
  },
};

const flush: Fault = {
  name: "redis-flushall",
  target: "redis",
  seconds: [0, 0],
  kind: "lossy",
  forgets: true,
  begin: async ({ system, loses }) => {
    const loss: Loss = { name: "redis-flushall", from: Date.now(), to: Number.POSITIVE_INFINITY };
    if (system.queue === "redis") loses(loss);
    await withRedis(system, (redis) => redis.flushall()).finally(() => {
      loss.to = Date.now();
    });
    return { detail: "", undo: nothing };
  },
};

const diskFull: Fault = {
  name: "redis-disk-full",
  target: "redis",
  seconds: [1, 4],
  begin: async ({ system: { disks } }) => {
    const disk = disks.redis;
    if (!disk) return "a small disk can't be mounted here: it requires Linux and root";
    await disk.fill();
    return { detail: "", undo: () => disk.empty() };
  },
};

/**
 * Simulates a power failure: the file is truncated to what is certainly on the disk.
 *
 * With `always`, Redis syncs before it replies. From one moment on, no reply leaves the proxy, so everything acknowledged is in
 * the file at that moment, and later writes are not acknowledged. Redis is killed a little later, and the file is truncated
 * anywhere between the two lengths: nothing acknowledged may be lost.
 *
 * With `everysec`, data older than a second is on the disk, and the rest is truncated: a declared loss.
 */
const powerLoss: Fault = {
  name: "redis-power-loss",
  target: "redis",
  seconds: [0, 0],
  forgets: true,
  begin: async (context) => {
    const { system } = context;
    const [, policy] = (await withRedis(system, (redis) => redis.config("GET", "appendfsync"))) as string[];
    return policy === "always" ? cutUnanswered(context) : cutUnsynced(context);
  },
};

async function cutUnanswered({ system, random }: FaultContext) {
  const proxy = system.proxies.redis;
  const waitMs = random.int(5, 200);
  const share = random.int(0, 1_000) / 1_000;
  proxy.set("withhold");
  try {
    const file = await appendOnlyFile(system);
    const answered = (await stat(file)).size;
    await sleep(waitMs);
    await killRedis(system);
    const written = (await stat(file)).size;
    const kept = answered + Math.floor((written - answered) * share);
    await truncate(file, kept);
    return { detail: `${written - kept} of ${written} bytes truncated, none acknowledged`, undo: nothing };
  } finally {
    proxy.set("pass");
  }
}

async function cutUnsynced({ system, loses }: FaultContext) {
  const file = await appendOnlyFile(system);
  const from = Date.now();
  const synced = (await stat(file)).size;
  await sleep(SYNC_INTERVAL_MS);
  const loss: Loss = { name: "redis-power-loss", from, to: Number.POSITIVE_INFINITY };
  if (system.queue === "redis") loses(loss);
  await killRedis(system).finally(() => {
    loss.to = Date.now();
  });
  const written = (await stat(file)).size;
  await truncate(file, synced);
  return { detail: `${written - synced} of ${written} bytes truncated`, undo: nothing };
}

/** Resolves when the process has ended, before it is restarted a second later. */
async function killRedis({ redis }: System): Promise<void> {
  const [pid = 0] = await redis.pids();
  redis.kill();
  while ((await commandLine(pid)) !== "") await sleep(5);
}

/** The file that Redis appends to. */
async function appendOnlyFile({ folders }: System): Promise<string> {
  const folder = join(folders.redis, "appendonlydir");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".incr.aof"));
  const newest = names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).at(-1);
  if (newest === undefined) throw new Error("Redis has no append-only file.");
  return join(folder, newest);
}

export const redisFaults: readonly Fault[] = [
  byCommand("redis-oom", [1, 6], ["CONFIG", "SET", "maxmemory", 1], ["CONFIG", "SET", "maxmemory", 0]),
  byCommand("redis-readonly", [1, 6], ["REPLICAOF", "127.0.0.1", DEAD_PORT], ["REPLICAOF", "NO", "ONE"]),
  byCommand("redis-script-flush", [0, 0], ["SCRIPT", "FLUSH"]),
  forgetIds,
  destroyGroup,
  flush,
  diskFull,
  powerLoss,
];
