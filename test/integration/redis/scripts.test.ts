import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { acknowledgeScript } from "../../../lib/queue/lua/acknowledge.ts";
import { testDeps } from "../../support/servers/deps.ts";

it("a script can run for the first time on a connection while other commands are queued", async () => {
  const deps = await testDeps();
  await deps.redis.ping();
  const underWay = deps.redis.ping();
  await nextTurn();
  const waiting = deps.redis.ping();
  const { queue, stats } = deps.shards.first;
  const first = acknowledgeScript(deps.redis, [queue, stats], ["worker", 0, 0, "0:0,", "1-1"]);
  expect(await Promise.all([underWay, waiting, first])).toEqual(["PONG", "PONG", 0]);
});
