import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { operations } from "../../../lib/app/operations.ts";
import { createGateway, type Handler } from "../../../serve/gateway.ts";
import { refuseOverload } from "../../../serve/overload.ts";
import { atEnd } from "../../support/cleanup.ts";
import { drainAll } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

it("a request beyond those in progress gets a problem with a wait, and an audit row", async () => {
  const deps = await testDeps();
  const open = Promise.withResolvers<void>();
  const slow: Handler = () => open.promise.then(() => ({ statusCode: 200 }));
  const handlers = { ingest: slow, analytics: slow, audit: slow, health: slow, admin: slow, web: slow };
  const gateway = createGateway({
    operations: Object.values(operations),
    handlers,
    refuse: refuseOverload(() => deps),
    log: deps.log,
    limits: { inFlight: 1 },
  });
  gateway.server.listen(0, "127.0.0.1");
  await once(gateway.server, "listening");
  atEnd(() => gateway.drain({ graceMs: 0, withinMs: 0 }));
  const url = `http://127.0.0.1:${(gateway.server.address() as AddressInfo).port}`;

  const first = fetch(`${url}/health`);
  await expect.poll(() => gateway.inFlight).toBe(1);
  const refused = await fetch(`${url}/v1/events`, { method: "POST", body: "{}" });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await refused.json()).toMatchObject({ code: "overloaded", type: "/docs/errors/overloaded" });
  open.resolve();
  expect((await first).status).toBe(200);

  await drainAll(deps);
  const rows = await deps.sql`SELECT request_id, route, status FROM audit_log`;
  expect(rows).toEqual([
    { request_id: refused.headers.get("x-request-id"), route: "/v1/events", status: 503 },
  ]);
});
