import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseMessage } from "../../../lib/queue/message.ts";
import { freshDeps } from "../../support/faults.ts";
import { anEvent, counts, drainAll, send } from "../../support/pipeline.ts";
import { bodies, ids, numbered, setAside, take } from "../../support/queue/queue-steps.ts";
import { QUEUES, queueConfig, queueEnvironment } from "../../support/queue/queues.ts";
import { weirCli } from "../../support/weir.ts";

const { deps, folder, weir, json } = await weirCli();

describe("weir", () => {
  it("creates, lists and changes clients", async () => {
    const client = await json<object>("client", "create", "--name", "A shop", "--id", "shop", "--rate", "5");
    expect(client).toMatchObject({ client_id: "shop", rate_limit_per_second: 5, burst: 2_000, active: true });
    await weir(["client", "create", "--name", "Evil \u001b[2Jname"]);
    const { code, out } = await weir(["client", "list"]);
    expect(code).toBe(0);
    expect(out.split("\n")).toHaveLength(3);
    expect(out).toMatch(/^shop\s+A shop\s+yes\s+5\s+2000/m);
    expect(out).not.toContain("\u001b");
    const changed = await json("client", "update", "shop", "--active", "false", "--burst", "7");
    expect(changed).toMatchObject({ active: false, burst: 7, rate_limit_per_second: 5 });
    await json("client", "update", "shop", "--active", "true", "--burst", "100");
    expect(await json("client", "list")).toMatchObject({
      clients: [{}, { client_id: "shop" }],
      next_cursor: null,
    });
  });

  it("creates keys that work, lists them without their secrets, and revokes them", async () => {
    const scopes = ["--scope", "ingest,read", "--scope", "audit"];
    const made = await weir(["key", "create", "--client", "shop", ...scopes]);
    const secret = made.out.split("\n").at(-1) ?? "";
    expect((await send(deps, secret, anEvent())).status).toBe(202);
    const { keys } = await json<{ keys: { key_id: string; scopes: string[] }[] }>(
      ...["key", "list", "--client", "shop"],
    );
    expect(keys).toMatchObject([{ scopes: ["ingest", "read", "audit"], expires_at: null }]);
    expect((await weir(["key", "list", "--client", "shop"])).out).not.toContain(secret.slice(-20));
    const { code } = await weir(["key", "revoke", keys[0]?.key_id ?? "", "--client", "shop"]);
    expect(code).toBe(0);
    expect((await send(deps, secret, anEvent())).body.code).toBe("revoked-api-key");
  });

  it("imports a key, from standard input or as an option", async () => {
    const expires = ["--expires", "2099-01-01T00:00:00+02:00"];
    const words = ["key", "import", "--client", "shop", "--scope", "ingest", ...expires];
    const first = await weir(words, { input: "from-standard-input-1\n" });
    expect(first).toMatchObject({
      code: 0,
      out: expect.stringContaining("expires 2098-12-31T22:00:00.000Z"),
    });
    expect(first.out).not.toContain("from-standard-input");
    expect((await send(deps, "from-standard-input-1", anEvent())).status).toBe(202);
    expect((await weir([...words, "--secret", "given-as-an-option"])).code).toBe(0);
    expect((await weir([...words, "--secret", "given-as-an-option"])).err).toBe("The key already exists.");
  });

  it("lists the quarantine and redrives it", async () => {
    expect((await weir(["quarantine", "list"])).out).toBe("The quarantine is empty.");
    await deps.sql.unsafe(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'poisoned'; END $$;
      CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse()`);
    await drainAll(deps);
    await deps.sql`DROP TRIGGER refuse ON events`;
    const { out } = await weir(["quarantine", "list", "--client", "shop"]);
    expect(out).toMatch(/^P0001\s+2$/m);
    expect(out).toContain("poisoned");
    expect(await json("quarantine", "redrive", "--limit", "5")).toEqual({ redriven: 2 });
    await drainAll(deps);
    const all = { client: null, reason: null, event_keys: null };
    const [{ change } = {}] = await deps.sql`SELECT change FROM audit_log WHERE route = 'quarantine redrive'`;
    expect(change).toEqual({
      before: { ...all, waiting: 2, on_their_way: 0 },
      after: { ...all, waiting: 0, on_their_way: 2 },
    });
    expect(await counts(deps, "shop")).toMatchObject({ quarantine: 0, stored: 2 });
  });

  it.each(QUEUES)("redrives dead letters (%s)", async (name) => {
    const config = await queueConfig(name, { queueMaxDeliveries: 1 });
    const { queue } = freshDeps(config);
    const env = queueEnvironment(config);
    const words = ["dead-letters", "redrive"];
    expect((await weir(words, { env })).out).toBe("0 messages are back in the queue.");
    // The audit rows of the commands themselves are in the queue.
    await queue.ack(ids(await take(queue, 1)));
    await setAside(queue, numbered(3));
    const first = await weir([...words, "--limit", "2", "--json"], { env });
    expect(first).toEqual({ code: 0, err: "", out: expect.any(String) });
    expect(JSON.parse(first.out)).toEqual({ redriven: 2 });
    expect((await weir(words, { env })).out).toBe("1 message is back in the queue.");
    const queued = bodies(await take(queue, 5));
    expect(queued.filter((body) => body.startsWith("m-"))).toEqual(["m-0", "m-1", "m-2"]);
    const rows = queued.flatMap((body) => (body.startsWith("{") ? parseMessage(body).header.audit : []));
    const changed = [2, 1].map((queued) => ({ set_aside: 0, queued }));
    expect(rows.map((row) => row?.change?.after)).toEqual(expect.arrayContaining(changed));
  });

  it("finds the running local system by itself", async () => {
    const { databaseUrl, redisUrl } = deps.config;
    const others = { url: "http://127.0.0.1:2", apiKey: "a", adminKey: "b", queue: "redis" };
    const nothing = await weir(["client", "list"], { env: {} });
    expect(nothing).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringMatching(/^There is no system to call\.\n/),
    });
    expect((await weir(["client", "list", "--direct"], { env: {} })).err).toBe(
      "This command connects to PostgreSQL and Redis. Set DATABASE_URL and REDIS_URL, or start Weir with `npm start`.",
    );
    await writeFile(join(folder, "dev.json"), JSON.stringify({ ...others, databaseUrl, redisUrl }));
    const found = await weir(["client", "list", "--direct"], { env: {} });
    expect(found).toMatchObject({ code: 0, out: expect.stringContaining("shop") });
    // The API first: it may be another machine's, and records who calls.
    const away = await weir(["client", "list"], { env: {} });
    expect(away).toMatchObject({
      code: 4,
      err: expect.stringContaining("http://127.0.0.1:2 can't be reached"),
    });
  });

  const away = { DATABASE_URL: "postgres://127.0.0.1:1/x", REDIS_URL: "redis://127.0.0.1:1" };
  it.each<[words: string, code: number, message: string, env?: Record<string, string>]>([
    ["client create --name x --id shop", 1, "The client shop already exists."],
    ["client create --name x --id UPPER", 1, "client_id"],
    ["client update nobody --name x", 1, "The client does not exist."],
    ["client update shop --active maybe", 2, "true or false"],
    ["client create", 2, "--name"],
    ["client lst", 2, "Did you mean list?"],
    ["client list --jsno", 2, "Did you mean --json?"],
    ["client list --zone Mars/Olympus", 2, "is not a time zone"],
    ["count --direct", 2, "Leave out --direct"],
    ["count --last soon", 2, "such as 15m"],
    ["count --last 1h --start 2026-01-01", 2, "not both", { WEIR_URL: "http://127.0.0.1:2", WEIR_KEY: "x" }],
    ["count --start yesterday", 2, "is not a time", { WEIR_URL: "http://127.0.0.1:2", WEIR_KEY: "x" }],
    ["count --where payload.a<null", 2, "compares the order"],
    ["count", 2, "WEIR_URL must be an http or https URL", { WEIR_URL: "weir.example", WEIR_KEY: "x" }],
    ["count", 3, "There is no key for http://127.0.0.1:3.", { WEIR_URL: "http://127.0.0.1:3" }],
    ["count --profile nobody", 2, 'No profile is named "nobody".'],
    ["key create --client shop --scope everything", 2, "Scopes are"],
    ["key create --client shop --scope read --expires soon", 2, "is not a time"],
    ["key create --client shop --scope read --expires 2020-01-01T00:00:00Z", 1, "in the past"],
    ["key revoke k0 --client shop", 1, "no key with that id"],
    ["key import --client shop --scope read", 1, "16 to 256"],
    ["quarantine redrive --limit 0", 2, "integer"],
    ["dead-letters redrive --limit all", 2, "integer"],
    ["dead-letters redrive", 4, "The queue is unavailable.\n  ", away],
    ["dead-letters delete 1-0", 2, "Confirm with --yes."],
    ["client list", 4, "The database is unavailable.", away],
    ["audit recover no-such-file", 2, "no such file"],
    ["audit verify no-such-file", 2, "no such file"],
    ["client list", 2, "Set both", { DATABASE_URL: "postgres://127.0.0.1:1/x" }],
    ["doctor", 2, "DATABASE_POOL_SIZE", { ...away, DATABASE_POOL_SIZE: "many" }],
  ])(
    "%s ends with code %i and one clear message, without a stack: %j",
    async (words, expected, message, env) => {
      const { code, err } = await weir(words.split(" "), env && { env });
      expect({ code, err }).toEqual({ code: expected, err: expect.stringContaining(message) });
      expect(err).not.toMatch(/\n\s+at |node:internal/);
    },
  );
});
