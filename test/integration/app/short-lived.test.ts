/** What a call holds is freed by the next scavenge after it: docs/decisions/0053. */
import { beforeAll, describe, expect, it } from "vitest";
import { countEvents as countContract } from "../../../lib/analytics/contract.ts";
import { countEvents } from "../../../lib/analytics/count.ts";
import type { Deps } from "../../../lib/app/connect.ts";
import { httpHandler } from "../../../lib/app/handler.ts";
import { serve } from "../../../lib/http/call.ts";
import { gatewayEvent } from "../../support/http/gateway.ts";
import { keptShare } from "../../support/kept-memory.ts";
import { addClient, anEvent, context, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

/** Without the patches and with a pipeline, the calls below leave two thirds or more of what they held. */
const MOST_KEPT = 0.2;

let deps: Deps;
beforeAll(async () => {
  deps = await testDeps();
});

describe("a call leaves nothing for the collection of old objects:", () => {
  it("a statement", async () => {
    expect(await keptShare((text) => deps.sql`SELECT length(${text}::text)`)).toBeLessThan(MOST_KEPT);
  });

  it("a transaction", async () => {
    const transaction = (text: string): Promise<unknown> =>
      deps.sql.begin((tx) => tx`SELECT length(${text}::text)`);
    expect(await keptShare(transaction)).toBeLessThan(MOST_KEPT);
  });

  it("a command of Redis", async () => {
    expect(await keptShare((text) => deps.redis.set("kept", text))).toBeLessThan(MOST_KEPT);
  });

  it("a message to the queue", async () => {
    expect(await keptShare((body) => deps.queue.send([{ body, events: 1 }]))).toBeLessThan(MOST_KEPT);
  });

  it("a request that sends an event", async () => {
    const { secret } = await addClient(deps, "kept");
    const request = async (text: string): Promise<void> => {
      expect((await send(deps, secret, anEvent({ payload: { text } }))).status).toBe(202);
    };
    expect(await keptShare(request)).toBeLessThan(MOST_KEPT);
  });

  it("a request that counts events", async () => {
    const { secret } = await addClient(deps, "counts");
    const handler = httpHandler(() => deps, [serve(countContract, countEvents)]);
    const request = async (text: string): Promise<void> => {
      const headers = { "x-api-key": secret, "user-agent": text };
      const answer = await handler(
        gatewayEvent({ method: "GET", route: "/v1/analytics/count", headers }),
        context,
      );
      expect(answer.statusCode).toBe(200);
    };
    expect(await keptShare(request)).toBeLessThan(MOST_KEPT);
  });
});
