import { readdir } from "node:fs/promises";
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import { describe, expect, it, vi } from "vitest";
import { handler } from "../../../functions/migrate.ts";
import { findKey } from "../../../lib/clients/keys.ts";
import { atEnd } from "../../support/cleanup.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { listen } from "../../support/servers/ports.ts";

vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps }));
const deps = await testDeps();

/** The requests to a replacement for CloudFormation's signed URL. */
const letters: { method: string | undefined; type: string | undefined; body: unknown }[] = [];
let status = 200;

const server = createServer(async (request, response) => {
  const type = request.headers["content-type"];
  letters.push({ method: request.method, type, body: await json(request) });
  response.writeHead(status).end();
});
const url = `http://127.0.0.1:${await listen(server)}/answer?signature=x`;
atEnd(() => server.close());

const ids = { StackId: "stack", RequestId: "request", LogicalResourceId: "SchemaMigration" };

const ask = (RequestType: string): Promise<unknown> =>
  handler({
    ...ids,
    RequestType,
    ResponseURL: url,
    ResourceType: "AWS::CloudFormation::CustomResource",
    ResourceProperties: { ServiceToken: "token" },
  });

async function answerTo(RequestType: string): Promise<unknown> {
  letters.length = 0;
  await ask(RequestType);
  expect(letters).toHaveLength(1);
  expect(letters[0]?.method).toBe("PUT");
  // The URL's signature requires that there is none.
  expect(letters[0]?.type ?? "").toBe("");
  return letters[0]?.body;
}

describe("the function migrate", () => {
  it("returns what it did when it is invoked by hand", async () => {
    await deps.sql`DROP SCHEMA public CASCADE`;
    await deps.sql`CREATE SCHEMA public`;
    const files = await readdir(new URL("../../../lib/postgres/migrations", import.meta.url));
    expect(await handler({})).toMatchObject({ migrations: files.sort() });
    expect(await handler({})).toEqual({ migrations: [], partitions: 0, secrets: [] });
  });

  it("creates an administrator, or another key if there is one", async () => {
    const first = await handler({ admin_client: "ops" });
    const second = await handler({ admin_client: "ops" });
    expect(second?.admin_key?.secret).not.toBe(first?.admin_key?.secret);
    for (const made of [first, second]) {
      const found = await findKey(deps, made?.admin_key?.secret ?? "");
      expect(found).toMatchObject({ client_id: "ops", scopes: ["admin"] });
    }
    const rows =
      await deps.sql`SELECT method, route, status, change, audit_log::text AS text FROM audit_log ORDER BY at`;
    const key = expect.objectContaining({ client_id: "ops", scopes: ["admin"] });
    const command = { method: "INVOKE", route: "migrate admin_client", status: 200 };
    expect(rows).toMatchObject([
      { ...command, change: { before: null, after: { key, client: { client_id: "ops" } } } },
      { ...command, change: { before: null, after: { key } } },
    ]);
    for (const { text } of rows) expect(text).not.toContain(first?.admin_key?.secret);
    expect(rows[1]?.change.after).not.toHaveProperty("client");
  });

  it("creates a client that can send and read", async () => {
    const made = await handler({ client: "shop" });
    const found = await findKey(deps, made?.key?.secret ?? "");
    expect(found).toMatchObject({ client_id: "shop", scopes: ["ingest", "read"] });
    const [row] = await deps.sql`SELECT route FROM audit_log WHERE route = 'migrate client'`;
    expect(row).toBeDefined();
  });

  it("refuses an unknown command", async () => {
    await expect(handler({ admin_clent: "ops" })).rejects.toThrow("admin_clent");
  });

  it("answers CloudFormation, always with the same physical id", async () => {
    const answer = { ...ids, Status: "SUCCESS", PhysicalResourceId: "SchemaMigration" };
    for (const type of ["Create", "Update"]) expect(await answerTo(type)).toEqual(answer);
  });

  it("keeps the data when the stack is deleted", async () => {
    expect(await answerTo("Delete")).toMatchObject({ Status: "SUCCESS" });
    expect(await deps.sql`SELECT client_id FROM clients ORDER BY 1`).toEqual([
      { client_id: "ops" },
      { client_id: "shop" },
    ]);
  });

  it("fails the deployment with the reason if an applied migration was edited", async () => {
    const [row] = await deps.sql`SELECT checksum FROM schema_migrations WHERE version = 1`;
    await deps.sql`UPDATE schema_migrations SET checksum = 'other' WHERE version = 1`;
    const Reason = expect.stringContaining("0001_init.sql was changed");
    expect(await answerTo("Update")).toMatchObject({ Status: "FAILED", Reason });
    await deps.sql`UPDATE schema_migrations SET checksum = ${row?.checksum} WHERE version = 1`;
  });

  it("accepts a newer schema in a rollback of a deployment, but not when invoked by hand", async () => {
    await deps.sql`INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, '9999_later.sql', 'x')`;
    expect(await answerTo("Update")).toMatchObject({ Status: "SUCCESS" });
    await expect(handler({})).rejects.toThrow("newer than this version");
    await deps.sql`DELETE FROM schema_migrations WHERE version = 9999`;
  });

  it("throws if its answer did not arrive, so that Lambda retries", async () => {
    status = 403;
    await expect(ask("Update")).rejects.toThrow("403");
    status = 200;
  });
});
