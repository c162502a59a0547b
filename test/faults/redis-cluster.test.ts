/** One of a cluster's three nodes is unreachable: the other nodes' clients must not notice, and nothing may be lost. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { checkHealth } from "../../lib/health/health.ts";
import {
  expectStoredOnce,
  freshDeps,
  sendUntilTaken,
  someEvents,
  workOnce,
  workUntilEmpty,
} from "../support/faults.ts";
import { addClient, anEvent, counts, send, stored } from "../support/pipeline.ts";
import {
  type ClusterNode,
  clusterConfig,
  type RedisCluster,
  redisCluster,
} from "../support/servers/redis-cluster.ts";

let cluster: RedisCluster;
let deps: Deps;
beforeAll(async () => {
  cluster = await redisCluster();
  deps = freshDeps(await clusterConfig(cluster, { queueVisibilitySeconds: 1 }));
});

const FAULTS = [
  {
    how: "is dead and comes back with its file",
    leave: (node: ClusterNode) => node.crash(),
    comeBack: (node: ClusterNode) => node.start(),
  },
  {
    how: "neither answers nor hangs up",
    leave: async (node: ClusterNode) => node.pause(),
    comeBack: async (node: ClusterNode) => node.resume(),
  },
];

interface Client {
  clientId: string;
  secret: string;
}

/** Adds three clients for each node, each with two events in the queue. */
async function clientsByNode(name: string): Promise<Map<ClusterNode, Client[]>> {
  const clients = new Map<ClusterNode, Client[]>(cluster.nodes.map((node) => [node, []]));
  for (let n = 0; [...clients.values()].some((some) => some.length < 3); n++) {
    const clientId = `${name}-${n}`;
    const of = clients.get(await cluster.nodeOf(deps.shards.of(clientId).queue)) ?? [];
    if (of.length === 3) continue;
    const client = await addClient(deps, clientId);
    expect((await send(deps, client.secret, someEvents(2))).status).toBe(202);
    of.push(client);
  }
  return clients;
}

describe.each(FAULTS)("when a node $how", ({ how, leave, comeBack }) => {
  it("clients of other nodes continue; its own get 503 with Retry-After and lose nothing", async () => {
    const clients = await clientsByNode(how.replaceAll(" ", "-").slice(0, 12));
    const [node] = cluster.nodes as [ClusterNode];
    const lost = clients.get(node) ?? [];
    const well = cluster.nodes.slice(1).flatMap((other) => clients.get(other) ?? []);
    await leave(node);

    const refused = await Promise.all(lost.map(({ secret }) => send(deps, secret, anEvent())));
    for (const answer of refused) {
      expect(answer).toMatchObject({ status: 503, body: { code: "queue-unavailable" } });
      expect(Number(answer.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    }
    for (const { secret } of well) expect((await send(deps, secret, someEvents(3))).status).toBe(202);
    // An instance that starts now still finds the cluster.
    const late = freshDeps(deps.config);
    for (const { secret } of well) expect((await sendUntilTaken(late, secret, anEvent())).status).toBe(202);
    expect((await checkHealth(deps)).checks).toMatchObject({
      database: { status: "up" },
      redis: { status: "down" },
      queue: { status: "down" },
    });

    const settled = async (): Promise<boolean> => {
      await workOnce(deps).catch(() => {});
      const rows = await Promise.all(well.map(({ clientId }) => counts(deps, clientId)));
      return rows.every((row) => row?.events === 6);
    };
    await expect.poll(settled, { timeout: 45_000 }).toBe(true);
    for (const { clientId } of lost) expect(await counts(deps, clientId)).toMatchObject(stored(0));

    await comeBack(node);
    for (const { secret } of lost) await sendUntilTaken(deps, secret, someEvents(4));
    await expect.poll(async () => (await checkHealth(deps)).status, { timeout: 45_000 }).toBe("ok");
    await workUntilEmpty(deps);
    await expect.poll(async () => (await deps.queue.depth()).messages, { timeout: 45_000 }).toBe(0);
    for (const { clientId } of well) await expectStoredOnce(deps, clientId, 6);
    for (const { clientId, secret } of lost) {
      await sendUntilTaken(deps, secret, anEvent({ event_id: "last" }));
      await workUntilEmpty(deps);
      const row = await counts(deps, clientId);
      // A request whose answer came too late may still have been accepted.
      expect([7, 8]).toContain(row?.events);
      expect(row).toMatchObject(stored(Number(row?.events)));
    }
    await cluster.expectSpread();
  }, 120_000);
});

describe("when a shard moves to another node", () => {
  /** Moves a slot as `redis-cli --cluster reshard` does, with a pause in the middle. */
  async function move(slot: number, from: ClusterNode, to: ClusterNode, midway: () => Promise<unknown>) {
    const [source, target] = await Promise.all([from, to].map(({ client }) => client.cluster("MYID")));
    await to.client.cluster("SETSLOT", slot, "IMPORTING", source as string);
    await from.client.cluster("SETSLOT", slot, "MIGRATING", target as string);
    const keys = await from.client.cluster("GETKEYSINSLOT", slot, 1_000);
    const { hostname, port } = new URL(to.url);
    const migrate = (some: readonly string[]) =>
      from.client.call("MIGRATE", hostname, port, "", "0", "5000", "KEYS", ...some);
    await migrate(keys.slice(0, 3));
    const meanwhile = midway();
    await sleep(300);
    await migrate(await from.client.cluster("GETKEYSINSLOT", slot, 1_000));
    for (const { client } of [to, from, ...cluster.nodes])
      await client.cluster("SETSLOT", slot, "NODE", target as string);
    await meanwhile;
  }

  it("while its client sends, every event is stored once", async () => {
    const { clientId, secret } = await addClient(deps, "moving");
    const { queue } = deps.shards.of(clientId);
    const first = someEvents(3);
    expect((await send(deps, secret, first)).status).toBe(202);
    const from = await cluster.nodeOf(queue);
    const to = cluster.nodes.find((node) => node !== from) as ClusterNode;
    const slot = Number(await from.client.cluster("KEYSLOT", queue));
    const during = someEvents(3);
    await move(slot, from, to, () => sendUntilTaken(deps, secret, during));

    expect((await send(deps, secret, first)).body).toMatchObject({ accepted: 0, duplicates: 3 });
    expect((await send(deps, secret, during)).body).toMatchObject({ accepted: 0, duplicates: 3 });
    expect((await sendUntilTaken(deps, secret, someEvents(4))).body).toMatchObject({ accepted: 4 });
    expect(await to.client.xlen(queue)).toBeGreaterThan(0);
    await workUntilEmpty(deps);
    await expectStoredOnce(deps, clientId, 10);
    expect((await checkHealth(deps)).status).toBe("ok");
    await cluster.expectSpread();
  });
});
