import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { closeDeps, createDeps } from "../../../lib/app/connect.ts";
import { acknowledgeScript } from "../../../lib/queue/lua/acknowledge.ts";
import { testConfig } from "../../support/servers/deps.ts";

it("a script can run for the first time on a connection while other commands are queued", async () => {
  const deps = createDeps(await testConfig());
  await deps.redis.ping();
  const underWay = deps.redis.ping();
  await nextTurn();
  const waiting = deps.redis.ping();
  const first = acknowledgeScript(
    deps.redis,
    [deps.shards.first.queue, deps.shards.first.stats, deps.shards.first.dead],
    ["worker", "ack", "1-1"],
  );
  expect(await Promise.all([underWay, waiting, first])).toEqual(["PONG", "PONG", 0]);
  await closeDeps(deps);
});
