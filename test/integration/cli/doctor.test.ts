/** `weir doctor` against servers that are well, and servers with each fault. */
import { Redis } from "ioredis";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { clockFinding, type Finding } from "../../../lib/doctor/finding.ts";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { ensurePartitions } from "../../../lib/storage/partitions.ts";
import { startPostgres } from "../../../local/postgres.ts";
import { startRedis } from "../../../local/redis.ts";
import { atEnd } from "../../support/cleanup.ts";
import { freshDeps, ownServer } from "../../support/faults.ts";
import { addClient } from "../../support/pipeline.ts";
import { testConfig } from "../../support/servers/deps.ts";
import { weir } from "../../support/weir.ts";

// Those that the tests share do not write to the disk, which is an error here.
const servers = { postgres: await ownServer(startPostgres), redis: await ownServer(startRedis) };
await migrate(servers.postgres.url);
const deps = freshDeps(
  await testConfig({ databaseUrl: servers.postgres.url, redisUrl: servers.redis.url, databasePoolSize: 1 }),
);
await ensurePartitions(deps.sql, deps.config);
const environment = { DATABASE_URL: servers.postgres.url, REDIS_URL: servers.redis.url };
const run = (words: readonly string[], overrides: Record<string, string> = {}) =>
  weir(words, { ...environment, ...overrides });

interface Answer {
  code: number | null;
  findings: Finding[];
}

async function doctor(overrides: Record<string, string> = {}): Promise<Answer> {
  const { code, out } = await run(["doctor", "--json"], overrides);
  return { code, findings: JSON.parse(out) };
}

const of = ({ findings }: Answer, server: Finding["server"], check: string): Finding[] =>
  findings.filter((one) => one.server === server && one.check === check);

describe("weir doctor", () => {
  it("finds no error in a new system, and lists what it has checked", async () => {
    const answer = await doctor();
    expect(answer.findings.filter(({ state }) => state === "error")).toEqual([]);
    expect(answer.code).toBe(0);
    const checks = new Set(answer.findings.map(({ server, check }) => `${server} ${check}`));
    for (const check of [
      "PostgreSQL reachable",
      "PostgreSQL schema",
      "PostgreSQL clock",
      "PostgreSQL connections",
      "Redis memory",
      "Redis clock",
      "Redis writes",
      "queue dead letters",
    ])
      expect(checks, check).toContain(check);
  });

  it("prints only what is wrong, with --all also what is right, and a sum", async () => {
    const { code, out } = await run(["doctor"]);
    expect(code).toBe(0);
    expect(out.trim().split("\n").at(-1)).toMatch(/^\d+ checks: 0 errors, \d+ warnings\.$/);
    expect(out).not.toMatch(/^ok/m);
    expect((await run(["doctor", "--all"])).out).toMatch(/^ok +PostgreSQL +reachable/m);
  });

  it("names servers that do not answer, and still examines the others", async () => {
    const answer = await doctor({ DATABASE_URL: "postgres://127.0.0.1:1/weir" });
    expect(answer.code).toBe(1);
    const [database] = of(answer, "PostgreSQL", "reachable");
    expect(database).toMatchObject({ state: "error", found: expect.stringContaining("ECONNREFUSED") });
    expect(of(answer, "Redis", "reachable")).toMatchObject([{ state: "ok" }]);
    const other = await doctor({ REDIS_URL: "redis://127.0.0.1:1" });
    expect(other.code).toBe(1);
    expect(of(other, "Redis", "reachable")).toMatchObject([{ state: "error", found: "no connection" }]);
    expect(of(other, "queue", "reachable")).toMatchObject([{ state: "error" }]);
    expect(of(other, "PostgreSQL", "schema")).toMatchObject([{ state: "ok" }]);
  });

  it("explains settings that are invalid in a sentence", async () => {
    const { code, err } = await run(["doctor"], { REDIS_URL: "localhost" });
    expect(code).toBe(2);
    expect(err).toContain("REDIS_URL: must be a URL that starts with redis://");
  });
});

describe("in PostgreSQL", () => {
  it("it finds missing, unknown and no migrations", async () => {
    const { sql } = deps;
    const [last] = await sql`SELECT * FROM schema_migrations ORDER BY version DESC LIMIT 1`;
    await sql`DELETE FROM schema_migrations WHERE version = ${last?.version}`;
    expect(of(await doctor(), "PostgreSQL", "schema")).toMatchObject([
      { state: "error", found: `lacks ${last?.name}`, advice: "Run `npm run migrate`." },
    ]);
    await sql`INSERT INTO schema_migrations ${sql([{ ...last }, { ...last, version: 9999, name: "9999_later.sql" }])}`;
    expect(of(await doctor(), "PostgreSQL", "schema")).toMatchObject([
      { state: "error", found: expect.stringContaining("9999_later.sql"), advice: "Update Weir." },
    ]);
    await sql`DELETE FROM schema_migrations WHERE version = 9999`;
    const empty = await ownServer(startPostgres);
    expect(of(await doctor({ DATABASE_URL: empty.url }), "PostgreSQL", "schema")).toMatchObject([
      { state: "error", found: "has no tables" },
    ]);
  });

  it("it finds a setting that breaks a promise, a read-only server and a login without the owner's rights", async () => {
    const { sql, config } = deps;
    const database = new URL(config.databaseUrl).pathname.slice(1);
    await sql.unsafe(`ALTER DATABASE ${database} SET synchronous_commit = off`);
    const weak = await doctor();
    await sql.unsafe(`ALTER DATABASE ${database} RESET synchronous_commit`);
    expect(of(weak, "PostgreSQL", "settings")).toMatchObject([
      {
        state: "error",
        found: "synchronous_commit is off",
        advice: expect.stringContaining("Set it to on."),
      },
    ]);
    expect(weak.code).toBe(1);
    await sql.unsafe(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    expect(of(await doctor(), "PostgreSQL", "writes")).toMatchObject([{ state: "error" }]);
    const writer = postgres(config.databaseUrl, { max: 1, onnotice: () => {} });
    atEnd(() => writer.end());
    await writer`SET default_transaction_read_only = off`;
    await writer.unsafe(`ALTER DATABASE ${database} RESET default_transaction_read_only`);
    await writer.unsafe(`CREATE ROLE doctor_guest LOGIN PASSWORD 'guest' IN ROLE pg_read_all_data`);
    const guest = Object.assign(new URL(config.databaseUrl), { username: "doctor_guest", password: "guest" });
    expect(of(await doctor({ DATABASE_URL: guest.href }), "PostgreSQL", "rights")).toMatchObject([
      { state: "warning", found: "doctor_guest does not own the tables" },
    ]);
  });

  it("it finds what is in quarantine, and partitions that end soon", async () => {
    const { sql } = deps;
    await addClient(deps, "shop");
    await sql`INSERT INTO pipeline_totals (slot, client_id, stored, duplicates, quarantined) VALUES (0, 'shop', 0, 0, 3)`;
    expect(of(await doctor(), "PostgreSQL", "quarantine")).toMatchObject([
      { state: "warning", found: "3 events", advice: expect.stringContaining("weir quarantine list") },
    ]);
    const ahead = await sql<{ name: string }[]>`
      SELECT relname AS name FROM pg_class WHERE relname ~ '^events_[0-9]+$' AND relname > ${`events_${new Date().toISOString().slice(0, 10).replaceAll("-", "")}`}`;
    expect(ahead.length).toBeGreaterThan(3);
    for (const { name } of ahead) await sql.unsafe(`DROP TABLE ${name}`);
    expect(of(await doctor(), "PostgreSQL", "partitions")).toMatchObject([
      { state: "warning", found: expect.stringMatching(/^reach [0-7] days ahead$/) },
    ]);
  });
});

describe("in Redis", () => {
  it("it finds settings that lose events, memory that is nearly full, and writes that are refused", async () => {
    const server = await ownServer(startRedis);
    const admin = new Redis(server.url);
    atEnd(() => admin.disconnect());
    const overrides = { REDIS_URL: server.url };
    await admin.config("SET", "appendfsync", "everysec");
    const weak = await doctor(overrides);
    expect(of(weak, "Redis", "settings")).toMatchObject([
      { state: "error", found: "appendfsync is everysec" },
    ]);
    expect(weak.code).toBe(1);
    await admin.config("SET", "appendfsync", "always");
    await admin.set("large", "x".repeat(8_000_000));
    await admin.config("SET", "maxmemory", "9mb");
    expect(of(await doctor(overrides), "Redis", "memory")).toMatchObject([{ state: "warning" }]);
    await admin.config("SET", "maxmemory", "1mb");
    expect(of(await doctor(overrides), "Redis", "writes")).toMatchObject([
      { state: "error", found: expect.stringContaining("OOM"), advice: expect.stringContaining("memory") },
    ]);
  });
});

describe("clocks", () => {
  const skew = (at: number): Finding =>
    clockFinding({ server: "Redis" }, { asked: 1_000, at, answered: 4_000 });

  it.each([
    [1_000, "ok"],
    [4_000, "ok"],
    [-999, "ok"],
    [5_999, "ok"],
  ])("agree at %i, within the call and two seconds", (at, state) => {
    expect(skew(at)).toMatchObject({ state });
  });

  it("differ if one is behind or ahead by more", () => {
    expect(skew(-2_000)).toMatchObject({ state: "warning", found: "3.0 s behind this machine's" });
    expect(skew(14_000)).toMatchObject({ state: "warning", found: "10.0 s ahead of this machine's" });
  });
});
