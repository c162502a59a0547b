import { describe, expect, it } from "vitest";
import { placeSeed } from "../../../lib/base/ids.ts";
import { ConfigError, loadConfig } from "../../../lib/config/config.ts";
import { loadLocalConfig } from "../../../lib/config/local.ts";

const ENOUGH = { DATABASE_URL: "postgres://u:p@db:5432/weir", REDIS_URL: "redis://cache:6379/1" };

const faultsOf = (load: () => unknown): string => {
  try {
    load();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error("The environment was taken.");
};

describe("a function's environment", () => {
  it("needs two URLs and has defaults for the rest", () => {
    expect(loadConfig(ENOUGH)).toEqual({
      logLevel: "INFO",
      queue: "redis",
      sqs: undefined,
      databaseUrl: ENOUGH.DATABASE_URL,
      databasePoolSize: 1,
      databasePrepare: true,
      statementTimeoutMs: 10_000,
      feedMaxWaiting: 250,
      redisUrl: ENOUGH.REDIS_URL,
      redisCluster: false,
      redisShards: 1,
      retentionDays: 400,
      auditRetentionDays: 400,
      auditSigning: undefined,
      auditPublicKeys: [],
      auditBucket: undefined,
      dedupWindowSeconds: 900,
      placeSeed: placeSeed(ENOUGH.DATABASE_URL),
      queueMaxEvents: 1_000_000,
      queueMaxBytes: 536_870_912,
      ingestCoalesce: false,
      queueVisibilitySeconds: 60,
      queueMaxDeliveries: 5,
    });
  });

  it("overrides the defaults", () => {
    const env = { ...ENOUGH, DATABASE_PREPARE: "false", DATABASE_POOL_SIZE: "3", QUEUE_MAX_EVENTS: "10" };
    expect(loadConfig(env)).toMatchObject({
      databasePrepare: false,
      databasePoolSize: 3,
      queueMaxEvents: 10,
    });
  });

  it("is refused with every fault by name, and no mention of valid settings", () => {
    const message = faultsOf(() =>
      loadConfig({
        DATABASE_URL: "mysql://db/weir",
        DATABASE_PREPARE: "yes",
        RETENTION_DAYS: "0",
        QUEUE_MAX_DELIVERIES: "1.5",
        DATABASE_POOL_SIZE: "many",
        LOG_LEVEL: "INFO",
      }),
    );
    const lines = message.split("\n").slice(1);
    expect(lines.map((line) => /^ {2}(\w+): ./.exec(line)?.[1]).sort()).toEqual([
      "DATABASE_POOL_SIZE",
      "DATABASE_PREPARE",
      "DATABASE_URL",
      "QUEUE_MAX_DELIVERIES",
      "REDIS_URL",
      "RETENTION_DAYS",
    ]);
    expect(message).toContain("REDIS_URL: is not set");
    expect(message).toContain("postgres:// or postgresql://");
  });

  it("is refused without its values, which may contain a password", () => {
    const message = faultsOf(() =>
      loadConfig({ DATABASE_URL: "mysql://root:hunter2@db/weir", REDIS_URL: "not a url hunter2" }),
    );
    expect(message).not.toContain("hunter2");
  });

  it("treats an empty variable as unset", () => {
    expect(loadConfig({ ...ENOUGH, RETENTION_DAYS: "" }).retentionDays).toBe(400);
    expect(faultsOf(() => loadConfig({ ...ENOUGH, REDIS_URL: "" }))).toContain("REDIS_URL: is not set");
  });

  it.each(["postgres://h/d", "postgresql://u:p@h:1/d?sslmode=verify-full"])(
    "accepts %s as a database",
    (url) => {
      expect(loadConfig({ ...ENOUGH, DATABASE_URL: url }).databaseUrl).toBe(url);
    },
  );

  it.each([
    "redis://h",
    "rediss://u:p@h:1/2",
    "unix:///run/redis.sock",
    "unix:///a%20b/redis.sock?db=3&username=u&password=p%26%2Credis://",
  ])("accepts %s as Redis", (url) => {
    expect(loadConfig({ ...ENOUGH, REDIS_URL: url })).toMatchObject({ redisUrl: url, redisCluster: false });
    expect(loadLocalConfig({ REDIS_URL: url }).redisUrl).toBe(url);
  });

  it.each([
    "unix://run/redis.sock",
    "unix:///",
    "unix:///run/",
    "unix:///run/redis.sock?database=3",
    "unix:///run/redis.sock?db=x",
    "unix:///run/redis.sock#3",
    "unix:///run/%ff.sock",
    "/run/redis.sock",
    "unix:///run/a.sock,unix:///run/b.sock?db=1,2",
  ])("refuses %s as Redis", (url) => {
    expect(faultsOf(() => loadConfig({ ...ENOUGH, REDIS_URL: url }))).toContain("REDIS_URL: must be a URL");
  });
});

describe("a Redis cluster", () => {
  const redis = (env: Record<string, string>) => loadConfig({ ...ENOUGH, ...env });

  it.each([
    ["several nodes", { REDIS_URL: "redis://u:a,b@one:7000, redis://u:a,b@two" }],
    ["one node with REDIS_CLUSTER", { REDIS_URL: "rediss://config.example:6379/0", REDIS_CLUSTER: "true" }],
  ])("is configured by %s, with 16 shards unless another number is set", (_, env) => {
    expect(redis(env)).toMatchObject({ redisUrl: env.REDIS_URL, redisCluster: true, redisShards: 16 });
    expect(redis({ ...env, REDIS_SHARDS: "40" }).redisShards).toBe(40);
  });

  it("is not configured by one URL, which may still have shards and a database", () => {
    expect(redis({ REDIS_SHARDS: "4", REDIS_CLUSTER: "false" })).toMatchObject({
      redisCluster: false,
      redisShards: 4,
    });
  });

  it.each([
    ["a database", "redis://one,redis://two/3", {}, "REDIS_URL: must not specify a database"],
    ["a database", "redis://one/1", { REDIS_CLUSTER: "true" }, "REDIS_URL: must not specify a database"],
    ["another protocol", "redis://one,http://two", {}, "REDIS_URL: must be a URL that starts with redis://"],
    ["a gap", "redis://one,,redis://two", {}, "REDIS_URL: must be a URL that starts with redis://"],
    ["two passwords", "redis://:a@one,redis://:b@two", {}, "REDIS_URL: must list nodes of one cluster"],
    ["TLS for one node only", "redis://one,rediss://two", {}, "REDIS_URL: must list nodes of one cluster"],
    ["a socket", "unix:///redis.sock", { REDIS_CLUSTER: "true" }, "REDIS_URL: must not be a Unix socket"],
    ["no shards", "redis://one", { REDIS_SHARDS: "0" }, "REDIS_SHARDS: "],
    ["half a shard", "redis://one", { REDIS_SHARDS: "1.5" }, "REDIS_SHARDS: "],
    ["an invalid flag", "redis://one", { REDIS_CLUSTER: "yes" }, "REDIS_CLUSTER: "],
  ])("is refused with %s (%s)", (_, REDIS_URL, others, fault) => {
    expect(faultsOf(() => redis({ REDIS_URL, ...others }))).toContain(fault);
  });

  it("has its faults reported together with others", () => {
    const message = faultsOf(() =>
      loadConfig({ DATABASE_URL: "x", REDIS_URL: "redis://one/1", REDIS_CLUSTER: "true" }),
    );
    expect(message).toContain("DATABASE_URL: ");
    expect(message).toContain("REDIS_URL: must not specify a database");
  });

  it("must be given to a local run, since Weir has none embedded", () => {
    expect(faultsOf(() => loadLocalConfig({ REDIS_CLUSTER: "true" }))).toContain(
      "REDIS_CLUSTER: requires REDIS_URL",
    );
    const REDIS_URL = "redis://one,redis://two";
    expect(loadLocalConfig({ REDIS_URL, REDIS_CLUSTER: "true" }).redisUrl).toBe(REDIS_URL);
  });
});

describe("the local environment", () => {
  it("needs nothing", () => {
    expect(loadLocalConfig({})).toEqual({
      logLevel: "INFO",
      queue: "redis",
      databaseUrl: undefined,
      redisUrl: undefined,
      httpPort: 3000,
      lambdaPort: 3002,
      dataDir: ".weir",
      awsRegion: "us-east-1",
      sqsEndpoint: undefined,
      sqsQueueUrl: undefined,
    });
  });

  it("is refused with every fault by name", () => {
    const message = faultsOf(() =>
      loadLocalConfig({ HTTP_PORT: "70000", LAMBDA_PORT: "x", REDIS_URL: "http://h" }),
    );
    for (const name of ["HTTP_PORT", "LAMBDA_PORT", "REDIS_URL"]) expect(message).toContain(`  ${name}: `);
  });
});
