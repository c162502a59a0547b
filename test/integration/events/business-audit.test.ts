/** The documented shape of a product's own audit log, and the filters that docs/business-audit.md names. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { getTop } from "../../../lib/analytics/properties-contract.ts";
import { listEvents } from "../../../lib/events/contract.ts";
import { asker } from "../../support/http/reading.ts";
import { addClient, drainAll, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

it("the documented event is accepted, and each of its members is a filter", async () => {
  const deps = await testDeps();
  const { secret } = await addClient(deps, "product");
  const page = await readFile(new URL("../../../docs/business-audit.md", import.meta.url), "utf8");
  const sample = /-d '(\{.*?\})'\n/s.exec(page)?.[1] ?? "";
  const timestamp = new Date().toISOString();
  const event = { ...JSON.parse(sample), timestamp };
  const other = {
    ...event,
    event_id: "tx-7782",
    event_type: "invoice.created",
    payload: {
      ...event.payload,
      actor: { id: "u-18", type: "api_key" },
      target: { id: "inv-5", type: "invoice" },
    },
  };
  expect(await send(deps, secret, { events: [event, other, other] })).toMatchObject({
    body: { accepted: 2, duplicates: 1 },
  });
  await drainAll(deps);

  const ask = asker(deps, secret);
  const found = async (query: Record<string, string | string[]>): Promise<unknown[]> =>
    ((await ask(listEvents, { query })).body.events as { event_id: string }[]).map(
      ({ event_id }) => event_id,
    );
  expect(await found({ event_type: "invoice.deleted" })).toEqual(["tx-7781"]);
  for (const where of [
    "payload.actor.id=u-17",
    "payload.target.id=inv-4",
    ["payload.actor.type=user", "payload.group.id=acme", "payload.context.location=203.0.113.7"],
  ])
    expect(await found({ where })).toEqual(["tx-7781"]);
  expect(await found({ where: "payload.metadata.before.total=12.5" })).toHaveLength(2);
  expect(await found({ where: "payload.actor.id=u-19" })).toEqual([]);
  const start = new Date(Date.now() - 60_000).toISOString();
  const end = new Date(Date.now() + 60_000).toISOString();
  const { body } = await ask(getTop, { query: { property: "payload.actor.id", start, end } });
  expect(body.values).toEqual(expect.arrayContaining([expect.objectContaining({ value: "u-17", count: 1 })]));
});
