import { describe, expect, it } from "vitest";
import { ConfigError, loadConfig, loadLocalConfig } from "../../lib/config.ts";

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
  it("needs two URLs; the rest has defaults", () => {
    expect(loadConfig(ENOUGH)).toEqual({
      logLevel: "INFO",
      queue: "redis",
      sqs: undefined,
      databaseUrl: ENOUGH.DATABASE_URL,
      databasePoolSize: 1,
      databasePrepare: true,
      statementTimeoutMs: 10_000,
      redisUrl: ENOUGH.REDIS_URL,
      redisCluster: false,
      redisShards: 1,
      retentionDays: 400,
      auditRetentionDays: 400,
      dedupWindowSeconds: 900,
      queueMaxEvents: 1_000_000,
      queueVisibilitySeconds: 60,
      queueMaxDeliveries: 5,
    });
  });

  it("is taken as set", () => {
    const env = { ...ENOUGH, DATABASE_PREPARE: "false", DATABASE_POOL_SIZE: "3", QUEUE_MAX_EVENTS: "10" };
    expect(loadConfig(env)).toMatchObject({
      databasePrepare: false,
      databasePoolSize: 3,
      queueMaxEvents: 10,
    });
  });

  it("reports every fault at once, by name, and says nothing of what is fine", () => {
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

  it("never repeats a value, which may hold a password", () => {
    const message = faultsOf(() =>
      loadConfig({ DATABASE_URL: "mysql://root:hunter2@db/weir", REDIS_URL: "not a url hunter2" }),
    );
    expect(message).not.toContain("hunter2");
  });

  it("takes a variable that is set to nothing for unset", () => {
    expect(loadConfig({ ...ENOUGH, RETENTION_DAYS: "" }).retentionDays).toBe(400);
    expect(faultsOf(() => loadConfig({ ...ENOUGH, REDIS_URL: "" }))).toContain("REDIS_URL: is not set");
  });

  it.each(["postgres://h/d", "postgresql://u:p@h:1/d?sslmode=require"])("takes %s for a database", (url) => {
    expect(loadConfig({ ...ENOUGH, DATABASE_URL: url }).databaseUrl).toBe(url);
  });

  it.each(["redis://h", "rediss://u:p@h:1/2"])("takes %s for Redis", (url) => {
    expect(loadConfig({ ...ENOUGH, REDIS_URL: url }).redisUrl).toBe(url);
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

  it("names every fault", () => {
    const message = faultsOf(() =>
      loadLocalConfig({ HTTP_PORT: "70000", LAMBDA_PORT: "x", REDIS_URL: "http://h" }),
    );
    for (const name of ["HTTP_PORT", "LAMBDA_PORT", "REDIS_URL"]) expect(message).toContain(`  ${name}: `);
  });
});
