/** Redis clusters for tests: three servers that share the slots. */
import { Redis } from "ioredis";
import { expect, vi } from "vitest";
import type { Config } from "../../../lib/config/config.ts";
import { startRedis } from "../../../local/redis.ts";
import { atEnd } from "../cleanup.ts";
import { ownServer } from "../faults.ts";
import { testConfig } from "./deps.ts";
import { freePort } from "./ports.ts";

/** First and last slot of each node. */
const RANGES = [
  [0, 5_460],
  [5_461, 10_922],
  [10_923, 16_383],
] as const;

export type ClusterNode = Awaited<ReturnType<typeof startNode>>;
export type RedisCluster = Awaited<ReturnType<typeof redisCluster>>;

/** Starts a cluster for this file only, removed after its tests. If a node is down, only its slots are unavailable. */
export async function redisCluster() {
  const nodes = await Promise.all(RANGES.map(startNode));
  const [first] = nodes as [ClusterNode, ...ClusterNode[]];
  for (const [number, range] of RANGES.entries()) {
    const client = nodes[number]?.client;
    await client?.cluster("SET-CONFIG-EPOCH", number + 1);
    await client?.call("CLUSTER", "ADDSLOTSRANGE", ...range);
  }
  for (const { client } of nodes.slice(1))
    await client.call("CLUSTER", "MEET", "127.0.0.1", new URL(first.url).port, first.busPort);
  await vi.waitFor(() => Promise.all(nodes.map(expectReady)), { timeout: 45_000 });
  return {
    /** The URLs of all nodes, in the format of REDIS_URL. */
    url: nodes.map(({ url }) => url).join(","),
    nodes,
    /** Returns the node with a key's slot. */
    nodeOf: async (key: string): Promise<ClusterNode> => {
      const slot = Number(await first.client.cluster("KEYSLOT", key));
      return nodes[RANGES.findIndex(([, last]) => slot <= last)] as ClusterNode;
    },
    flush: async (): Promise<void> => void (await Promise.all(nodes.map(({ client }) => client.flushall()))),
    /** Expects each node to hold keys, and none to have received a command with keys of several slots. */
    expectSpread: async (): Promise<void> => {
      for (const { client } of nodes) {
        expect(await client.dbsize()).toBeGreaterThan(0);
        expect(await client.info("errorstats")).not.toContain("CROSSSLOT");
      }
    },
  };
}

async function startNode() {
  const busPort = String(await freePort());
  const server = await ownServer(startRedis, {
    "cluster-enabled": "yes",
    // The default is the port plus 10,000, which may be no valid port.
    "cluster-port": busPort,
    "cluster-node-timeout": "2000",
    "cluster-require-full-coverage": "no",
  });
  const client = new Redis(server.url, { retryStrategy: () => 100 });
  client.on("error", () => {});
  atEnd(() => client.disconnect());
  return { ...server, client, busPort };
}

async function expectReady({ client }: ClusterNode): Promise<void> {
  const info = await client.cluster("INFO");
  for (const line of ["cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:3"])
    expect(info).toContain(line);
}

/** Settings with a separate database and this cluster. @param overrides by their names in `Config` */
export const clusterConfig = (cluster: RedisCluster, overrides: Partial<Config> = {}): Promise<Config> =>
  testConfig({ redisUrl: cluster.url, redisCluster: true, redisShards: 16, ...overrides });
