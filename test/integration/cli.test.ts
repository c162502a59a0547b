import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../lib/config.ts";
import type { Deps } from "../../lib/deps.ts";
import { secretPrefix } from "../../lib/ids.ts";
import { parseMessage } from "../../lib/message.ts";
import { keyId, readPublicKey } from "../../lib/trail/checkpoint.ts";
import { version } from "../../lib/version.ts";
import { atEnd } from "../support/cleanup.ts";
import { testDeps } from "../support/deps.ts";
import { freshDeps } from "../support/faults.ts";
import { anAuditRow, anEvent, counts, drainAll, send } from "../support/pipeline.ts";
import { bodies, ids, numbered, setAside, take } from "../support/queue-steps.ts";
import { QUEUES, queueConfig, queueEnvironment } from "../support/queues.ts";
import { aCall, sealCalls } from "../support/trail.ts";
import { type Outcome, weir as runWeir } from "../support/weir.ts";

let deps: Deps;
let folder: string;
let servers: Record<string, string>;

beforeAll(async () => {
  deps = await testDeps();
  servers = { DATABASE_URL: deps.config.databaseUrl, REDIS_URL: deps.config.redisUrl };
  folder = await mkdtemp(join(tmpdir(), "weir-cli-"));
  atEnd(() => rm(folder, { recursive: true, force: true }));
});

async function weir(words: readonly string[], { env = servers, input = "" } = {}): Promise<Outcome> {
  const { out, ...rest } = await runWeir(words, { WEIR_DATA_DIR: folder, ...env }, input);
  return { ...rest, out: out.trim() };
}

/** The result of a command that must succeed. */
async function json<T>(...words: string[]): Promise<T> {
  const { code, out, err } = await weir([...words, "--json"]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as T;
}

describe("weir", () => {
  it("makes, lists and changes clients", async () => {
    const client = await json<object>("client", "create", "--name", "A shop", "--id", "shop", "--rate", "5");
    expect(client).toMatchObject({ client_id: "shop", rate_limit_per_second: 5, burst: 2_000, active: true });
    await weir(["client", "create", "--name", "Evil \u001b[2Jname"]);
    const { code, out } = await weir(["client", "list"]);
    expect(code).toBe(0);
    expect(out.split("\n")).toHaveLength(3);
    expect(out).toMatch(/^shop\s+A shop\s+yes\s+5\s+2000/m);
    expect(out).not.toContain("\u001b");
    expect(await json("client", "update", "shop", "--active", "false", "--burst", "7")).toMatchObject({
      active: false,
      burst: 7,
      rate_limit_per_second: 5,
    });
    await json("client", "update", "shop", "--active", "true", "--burst", "100");
    expect(await json("client", "list")).toMatchObject([{}, { client_id: "shop" }]);
  });

  it("makes keys that work, lists them without their secrets, and revokes them", async () => {
    const made = await weir([
      "key",
      "create",
      "--client",
      "shop",
      "--scope",
      "ingest,read",
      "--scope",
      "audit",
    ]);
    const secret = made.out.split("\n").at(-1) ?? "";
    expect((await send(deps, secret, anEvent())).status).toBe(202);
    const keys = await json<{ key_id: string; scopes: string[] }[]>("key", "list", "--client", "shop");
    expect(keys).toMatchObject([{ scopes: ["ingest", "read", "audit"], expires_at: null }]);
    expect((await weir(["key", "list", "--client", "shop"])).out).not.toContain(secret.slice(-20));
    const { code } = await weir(["key", "revoke", keys[0]?.key_id ?? "", "--client", "shop"]);
    expect(code).toBe(0);
    expect((await send(deps, secret, anEvent())).body.code).toBe("revoked-api-key");
  });

  it("takes over a key, from standard input or as an option", async () => {
    const words = [
      "key",
      "import",
      "--client",
      "shop",
      "--scope",
      "ingest",
      "--expires",
      "2099-01-01T00:00:00+02:00",
    ];
    const first = await weir(words, { input: "from-standard-input-1\n" });
    expect(first).toMatchObject({ code: 0, out: expect.stringContaining("until 2098-12-31T22:00:00.000Z") });
    expect(first.out).not.toContain("from-standard-input");
    expect((await send(deps, "from-standard-input-1", anEvent())).status).toBe(202);
    expect((await weir([...words, "--secret", "given-as-an-option"])).code).toBe(0);
    expect((await weir([...words, "--secret", "given-as-an-option"])).err).toBe("The key is known already.");
  });

  it("shows the quarantine and empties it", async () => {
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

  it.each(QUEUES)("puts dead letters back into the queue (%s)", async (name) => {
    const config = await queueConfig(name, { queueMaxDeliveries: 1 });
    const { queue } = freshDeps(config);
    const env = queueEnvironment(config);
    const words = ["dead-letters", "redrive"];
    expect((await weir(words, { env })).out).toBe("0 messages are back in the queue.");
    // The commands themselves are on their way to the audit log.
    await queue.ack(ids(await take(queue, 1)));
    await setAside(queue, numbered(3));
    const first = await weir([...words, "--limit", "2", "--json"], { env });
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(first.out)).toEqual({ redriven: 2 });
    expect((await weir(words, { env })).out).toBe("1 messages are back in the queue.");
    const queued = bodies(await take(queue, 5));
    expect(queued.filter((body) => body.startsWith("m-"))).toEqual(["m-0", "m-1", "m-2"]);
    const rows = queued.flatMap((body) => (body.startsWith("{") ? parseMessage(body).header.audit : []));
    const changed = [2, 1].map((queued) => ({ set_aside: 0, queued }));
    expect(rows.map((row) => row?.change?.after)).toEqual(expect.arrayContaining(changed));
  });

  it("is on record: who did what, with before and after, and no secret", async () => {
    const client = await json<object>("client", "create", "--name", "Recorded", "--id", "recorded");
    await json("client", "update", "recorded", "--burst", "9");
    const { secret, ...key } = await json<{ key_id: string; secret: string }>(
      ...["key", "create", "--client", "recorded", "--scope", "read"],
    );
    const imported = "taken-over-0123456789";
    await json("key", "import", "--client", "recorded", "--scope", "read", "--secret", imported);
    await json("key", "revoke", key.key_id, "--client", "recorded");
    expect((await weir(["client", "create", "--name", "Again", "--id", "recorded"])).code).toBe(1);
    await json("client", "list");
    await drainAll(deps);
    const rows = await deps.sql`
      SELECT route, path, status, user_agent, change, client_id, audit_log::text AS text
        FROM audit_log JOIN audit_personal USING (at, lane, seal, leaf)
       WHERE method = 'CLI' AND (change::text LIKE '%recorded%' OR at >= (
               SELECT max(at) FROM audit_log WHERE route = 'key revoke')) ORDER BY at`;
    const made = expect.objectContaining({ client_id: "recorded", scopes: ["read"] });
    const held = { ...key, client_id: "recorded", prefix: secretPrefix(secret) };
    expect(rows.map(({ route, status, change }) => [route, status, change])).toEqual([
      ["client create", 200, { before: null, after: client }],
      ["client update", 200, { before: client, after: { ...client, burst: 9 } }],
      ["key create", 200, { before: null, after: made }],
      ["key import", 200, { before: null, after: made }],
      [
        "key revoke",
        200,
        { before: { ...held, revoked_at: null }, after: { ...held, revoked_at: expect.any(String) } },
      ],
      ["client create", 409, null],
      ["client list", 200, null],
    ]);
    for (const { route, path, text, user_agent, client_id } of rows) {
      expect([path, client_id]).toEqual([route, null]);
      expect(user_agent).toBe(`weir-cli/${version} ${userInfo().username}`);
      for (const word of [secret, imported.slice(4)]) expect(text).not.toContain(word);
    }
  });

  it("reads audit rows back in, from a file and from standard input, each once", async () => {
    await drainAll(deps);
    const rows = [1, 2, 3].map((n) => ({
      v: 1,
      id: randomUUID(),
      at: Date.now(),
      audit: { ...anAuditRow("lost"), bytes_in: n },
    }));
    const lines = rows.map((audit) => JSON.stringify({ message: "audit-not-queued", audit }));
    const log = join(folder, "function.log");
    await writeFile(log, ["START", ...lines.slice(0, 2), "audit-not-queued {", "END", ""].join("\n"));
    const file = await weir(["audit", "recover", log, "--json"]);
    expect(file.code).toBe(1);
    expect(file.err).toMatch(
      /^\S+function\.log:4: an audit row that can't be read: it is cut short or not JSON$/,
    );
    expect(JSON.parse(file.out)).toMatchObject({ found: 2, queued: 2, bad: [{ line: 4 }] });
    const input = JSON.stringify({ events: lines.map((message) => ({ message })) }, null, 4);
    expect(await weir(["audit", "recover", "-"], { input })).toEqual({
      code: 0,
      out: "3 rows found, 3 on their way.",
      err: "",
    });
    await drainAll(deps);
    const lost = await deps.sql`SELECT bytes_in FROM audit_log WHERE client_id = 'lost' ORDER BY bytes_in`;
    expect(lost.map(({ bytes_in }) => bytes_in)).toEqual([1, 2, 3]);
    const [gaps] =
      await deps.sql`SELECT count(*)::int AS rows, bool_and(recovered) AS recovered FROM audit_unqueued`;
    expect(gaps).toEqual({ rows: 3, recovered: true });
    const done =
      await deps.sql`SELECT change->'after' AS after FROM audit_log WHERE route = 'audit recover' ORDER BY at`;
    expect(done).toMatchObject([
      { after: { found: 2, queued: 2, bad: 1 } },
      { after: { found: 3, queued: 3, bad: 0 } },
    ]);
  });

  it("prints its own row where the queue is away, to be read back in", async () => {
    const env = { ...servers, REDIS_URL: "redis://127.0.0.1:1" };
    const { code, out, err } = await weir(["client", "create", "--name", "Dark", "--id", "dark", "--json"], {
      env,
    });
    expect({ code, out: JSON.parse(out) }).toMatchObject({ code: 0, out: { client_id: "dark" } });
    expect((await weir(["audit", "recover", "-"], { input: err })).out).toBe("1 rows found, 1 on their way.");
    await drainAll(deps);
    const rows = await deps.sql`SELECT change FROM audit_log WHERE change->'after'->>'client_id' = 'dark'`;
    expect(rows).toMatchObject([{ change: { before: null, after: { name: "Dark" } } }]);
    const lost = await weir(["audit", "recover", "-"], { input: err, env });
    expect(lost.code).toBe(1);
    expect(lost.err).toContain("1 rows found, 0 on their way. Do it again: twice does no harm.");
    expect(lost.err).toContain("The queue is out of reach.");
  });

  it("finds the running local system by itself", async () => {
    const running = {
      url: "http://127.0.0.1:1",
      apiKey: "a",
      adminKey: "b",
      databaseUrl: deps.config.databaseUrl,
      redisUrl: deps.config.redisUrl,
      queue: "redis",
    };
    expect(await weir(["client", "list"], { env: {} })).toEqual({
      code: 1,
      out: "",
      err: "Start Weir with `npm start`, or set DATABASE_URL and REDIS_URL.",
    });
    await writeFile(join(folder, "dev.json"), JSON.stringify(running));
    expect(await weir(["client", "list"], { env: {} })).toMatchObject({
      code: 0,
      out: expect.stringContaining("shop"),
    });
  });

  const away = { DATABASE_URL: "postgres://127.0.0.1:1/x", REDIS_URL: "redis://127.0.0.1:1" };
  it.each<[string[], Record<string, string> | undefined, string]>([
    [["client", "create", "--name", "x", "--id", "shop"], undefined, "There is a client shop already."],
    [["client", "create", "--name", "x", "--id", "UPPER"], undefined, "client_id"],
    [["client", "update", "nobody", "--name", "x"], undefined, "There is no client of that id."],
    [["client", "update", "shop", "--active", "maybe"], undefined, "true or false"],
    [["client", "create"], undefined, "--name"],
    [["key", "create", "--client", "shop", "--scope", "everything"], undefined, "Scopes are"],
    [["key", "create", "--client", "shop", "--scope", "read", "--expires", "soon"], undefined, "RFC 3339"],
    [["key", "revoke", "k0", "--client", "shop"], undefined, "no key of that id"],
    [["key", "import", "--client", "shop", "--scope", "read"], undefined, "16 to 256"],
    [["quarantine", "redrive", "--limit", "0"], undefined, "whole number"],
    [["dead-letters", "redrive", "--limit", "all"], undefined, "whole number"],
    [["dead-letters", "redrive"], away, "The queue is out of reach.\n  "],
    [["client", "list"], away, "The database is out of reach."],
    [["audit", "recover", "no-such-file"], undefined, "no such file"],
    [["client", "list"], { DATABASE_URL: "postgres://127.0.0.1:1/x" }, "Set both"],
  ])("%j %j fails with one clear word and no stack", async (words, env, message) => {
    const { code, err } = await weir(words, env && { env });
    expect(code).toBe(1);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at |node:internal/);
  });
});

describe("weir audit", () => {
  it("makes a key pair that signs, of which it keeps nothing, without any server", async () => {
    const made = async () => {
      const { code, out } = await weir(["audit", "keygen", "--json"], { env: {} });
      expect(code).toBe(0);
      return JSON.parse(out) as Record<"key_id" | "signing_key" | "public_key" | "public_key_pem", string>;
    };
    const before = await readdir(folder);
    const [pair, other] = [await made(), await made()];
    const { auditSigning, auditPublicKeys } = loadConfig({
      ...servers,
      AUDIT_SIGNING_KEY: pair.signing_key,
      AUDIT_PUBLIC_KEYS: `${other.public_key},${pair.public_key}`,
    });
    expect(auditSigning).toHaveProperty("key");
    expect(auditPublicKeys.map(keyId).sort()).toEqual([pair.key_id, other.key_id].sort());
    expect(keyId(readPublicKey(pair.public_key_pem))).toBe(pair.key_id);
    const { out } = await weir(["audit", "keygen"], { env: {} });
    expect(out).toMatch(/^Key [0-9a-f]{16}$/m);
    expect(out).toContain("-----BEGIN PUBLIC KEY-----");
    expect(await readdir(folder)).toEqual(before);
  });

  it("erases who called, and records that without saying whom", async () => {
    await drainAll(deps);
    const address = "203.0.113.78";
    const at = Date.now() - 60_000;
    await sealCalls(deps, [aCall(at, { address }), aCall(at, { address }), aCall(at)]);
    expect(await json("audit", "erase", "--address", address)).toEqual({ erased: 2, complete: true });
    await drainAll(deps);
    const [row] = await deps.sql`
      SELECT a.*, p.user_agent FROM audit_log a JOIN audit_personal p USING (lane, seal, leaf) WHERE route = 'audit erase'`;
    expect(row).toMatchObject({
      method: "CLI",
      status: 200,
      change: { before: null, after: { criteria: { address: "given" }, erased: 2, complete: true } },
      user_agent: expect.stringMatching(/^weir-cli\/\S+ \S+$/),
    });
    const refused = await weir(["audit", "erase", "--start", "2026-01-01T00:00:00Z"]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("one of address, user_agent, client and request_id is needed");
  });
});
