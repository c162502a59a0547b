/** `weir dead-letters` on both queues: lists, shows, redrives and deletes messages by their ids. */
import { describe, expect, it } from "vitest";
import { freshDeps } from "../../support/faults.ts";
import { drainAll } from "../../support/pipeline.ts";
import { bodies, ids, message, setAside, take } from "../../support/queue/queue-steps.ts";
import { QUEUES, queueConfig, queueEnvironment } from "../../support/queue/queues.ts";
import { weirCli } from "../../support/weir.ts";

const { weir } = await weirCli();
const REQUEST = "01a20756-1962-71bb-935b-622ad56f979f";
const READABLE = `{"v":1,"id":"${REQUEST}","at":1700000000000,"client":"shop","accepted":2}
["e-1","t","2026-11-01T00:00:00.000Z"]\t{"a":1}
["e-2","t","2026-11-01T00:00:00.000Z"]\t{"a":2}`;

interface Listed {
  dead_letters: {
    id: string;
    client_id: string | null;
    request_id: string | null;
    events: number;
    bytes: number;
  }[];
}

describe.each(QUEUES)("on %s", (name) => {
  it("messages are listed, shown, redriven and deleted, each by its id", async () => {
    const config = await queueConfig(name, { queueMaxDeliveries: 1 });
    const deps = freshDeps(config);
    const { queue } = deps;
    const env = queueEnvironment(config);
    const list = async (): Promise<Listed["dead_letters"]> => {
      const { code, out, err } = await weir(["dead-letters", "list", "--json"], { env });
      expect({ code, err }).toEqual({ code: 0, err: "" });
      return JSON.parse(out).dead_letters;
    };
    expect((await weir(["dead-letters", "list"], { env })).out).toBe("There are no dead letters.");
    // The audit row of the command itself.
    await queue.ack(ids(await take(queue, 1)));
    await setAside(queue, [message(READABLE, 2), message("unreadable \u001b[2J", 0), message("third", 0)]);

    // SQS shows a message again only when nobody else has received it: each list must return what it took.
    await expect.poll(async () => (await list()).length, { timeout: 45_000 }).toBe(3);
    const letters = await list();
    expect(letters.map(({ id, ...facts }) => facts)).toEqual(
      expect.arrayContaining([
        {
          sent_at: expect.any(String),
          client_id: "shop",
          request_id: REQUEST,
          events: 2,
          bytes: READABLE.length,
        },
        { sent_at: expect.any(String), client_id: null, request_id: null, events: 0, bytes: 15 },
      ]),
    );
    const idOf = (bytes: number): string => letters.find((one) => one.bytes === bytes)?.id ?? "";
    const [readable, odd, third] = [idOf(READABLE.length), idOf(15), idOf(5)];

    const shown = await weir(["dead-letters", "show", odd], { env });
    expect(shown.out).toContain("unreadable  [2J");
    expect(JSON.parse((await weir(["dead-letters", "show", readable, "--json"], { env })).out).body).toBe(
      READABLE,
    );
    expect((await weir(["dead-letters", "show", "nothing"], { env })).code).toBe(1);

    const deleted = await weir(["dead-letters", "delete", odd, "--yes", "--json"], { env });
    expect(JSON.parse(deleted.out)).toEqual({ deleted: 1 });
    const again = await weir(["dead-letters", "delete", odd, "not-an-id", "--yes"], { env });
    expect(again).toMatchObject({ code: 1, err: "2 of the ids are no dead letters." });
    expect((await list()).map(({ id }) => id).toSorted()).toEqual([readable, third].toSorted());

    const redriven = await weir(["dead-letters", "redrive", third], { env });
    expect(redriven).toMatchObject({ code: 0, out: "1 message is back in the queue." });
    expect((await weir(["dead-letters", "redrive", third], { env })).code).toBe(1);
    expect((await list()).map(({ id }) => id)).toEqual([readable]);
    const queued = await take(queue, 1 + (await queue.depth()).messages - 1);
    expect(bodies(queued)).toContain("third");
    await queue.release(ids(queued.filter(({ body }) => body !== "third")));
    await queue.ack(ids(queued.filter(({ body }) => body === "third")));

    // Who deleted what is in the audit trail.
    await expect
      .poll(
        async () => {
          await drainAll(deps);
          const rows =
            await deps.sql`SELECT change FROM audit_log WHERE route = 'dead-letters delete' AND status = 200 AND change IS NOT NULL`;
          return rows.map(({ change }) => change);
        },
        { timeout: 45_000 },
      )
      .toEqual([{ before: { set_aside: 1, deleted: 0 }, after: { set_aside: 0, deleted: 1 } }]);
  });
});

it("on a cluster's shards, ids name the shard", async () => {
  const config = await queueConfig("redis", { redisShards: 3 });
  const { redis, shards } = freshDeps(config);
  const env = { ...queueEnvironment(config), REDIS_SHARDS: "3" };
  for (const [number, shard] of shards.all.entries())
    await redis.xadd(shard.dead, `170000000000${number}-0`, "id", "1-0", "n", "0", "m", `in ${number}`);
  const { out } = await weir(["dead-letters", "list", "--json"], { env });
  const listed = (JSON.parse(out) as Listed).dead_letters.map(({ id }) => id);
  expect(listed).toEqual(["0:1700000000000-0", "1:1700000000001-0", "2:1700000000002-0"]);
  expect((await weir(["dead-letters", "redrive", "1:1700000000001-0"], { env })).code).toBe(0);
  expect((await weir(["dead-letters", "delete", "2:1700000000002-0", "--yes"], { env })).code).toBe(0);
  expect(await Promise.all(shards.all.map(({ dead }) => redis.xlen(dead)))).toEqual([1, 0, 0]);
});
