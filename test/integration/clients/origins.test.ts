/** The origins of a client: what they may be, and clients of the version before, which have none. */
import { describe, expect, it } from "vitest";
import { changeClient, createClient, getClient } from "../../../lib/clients/clients.ts";
import { changedClientSchema } from "../../../lib/clients/contract.ts";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { freshDeps } from "../../support/faults.ts";
import { queueConfig } from "../../support/queue/queues.ts";
import { depsBefore } from "../../support/servers/old-database.ts";

describe("the origins of a client", () => {
  it("are empty by default, and a change replaces all of them", async () => {
    const deps = freshDeps(await queueConfig("redis"));
    const { client_id, origins } = await createClient(deps, { name: "shop" });
    expect(origins).toEqual([]);
    const two = ["https://a.example", "https://b.example:8443"];
    expect((await changeClient(deps, client_id, { origins: two })).origins).toEqual(two);
    expect((await changeClient(deps, client_id, { burst: 7 })).origins).toEqual(two);
    expect((await changeClient(deps, client_id, { origins: [] })).origins).toEqual([]);
    expect((await getClient(deps, client_id))?.origins).toEqual([]);
  });

  it.each([
    "https://shop.example",
    "http://localhost:3000",
    "http://[::1]:3000",
    "https://xn--fsq.example",
    "*",
  ])("may be %s", (origin) => {
    expect(changedClientSchema.safeParse({ origins: [origin] }).success).toBe(true);
  });

  it.each([
    "https://shop.example/",
    "https://shop.example/page",
    "https://Shop.example",
    "https://shop.example:443",
    "https://*.example",
    "https://a.example https://b.example",
    "shop.example",
    "file://",
    "null",
    "",
  ])("may not be %j, which no browser sends", (origin) => {
    expect(changedClientSchema.safeParse({ origins: [origin] }).success).toBe(false);
  });
});

it("a client of the version before has no origins, and that version can still add one", async () => {
  const deps = await depsBefore("0014");
  const add = (id: string) =>
    deps.sql`INSERT INTO clients (client_id, name, rate_limit_per_second, burst) VALUES (${id}, ${id}, 1, 1)`;
  await add("before");
  await migrate(deps.config.databaseUrl);
  await add("after");
  for (const id of ["before", "after"]) expect((await getClient(deps, id))?.origins).toEqual([]);
});
