/** CONTRIBUTING's steps for a queue adapter and for a migration suffice. */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { run } from "../../support/command.ts";
import {
  before,
  checkTypes,
  copyProject,
  PROJECT,
  replace,
  runNode,
  type Step,
} from "../../support/project-copy.ts";
import { testServers } from "../../support/servers/deps.ts";

/** The smallest adapter: Redis Streams under another name. */
const ADAPTER: Step[] = [
  [
    "queue",
    "lib/queue/twin/queue.ts",
    () => `import { RedisQueue } from "../redis/queue.ts";

export class TwinQueue extends RedisQueue {}
`,
  ],
  [
    "intake",
    "lib/ingest/twin-intake.ts",
    () => `import { RedisIntake } from "./redis-intake.ts";

export class TwinIntake extends RedisIntake {}
`,
  ],
  ["name", "lib/config/config.ts", replace('["redis", "sqs"] as const', '["redis", "sqs", "twin"] as const')],
  [
    "selection",
    "lib/app/connect.ts",
    (text) =>
      [
        before(
          "import { ShardedQueue",
          'import { TwinQueue } from "../queue/twin/queue.ts";\nimport { TwinIntake } from "../ingest/twin-intake.ts";\n',
        ),
        before(
          "  if (config.sqs) return new SqsQueue",
          '  if (config.queue === "twin") return new TwinQueue(redis, shards.first, config);\n',
        ),
        before(
          "  if (!config.sqs)\n",
          '  if (config.queue === "twin")\n    return { ...shared, queue: createQueue(redis, shards, config), intake: new TwinIntake(shared) };\n',
        ),
      ].reduce((all, edit) => edit(all), text),
  ],
  [
    "suite",
    "test/contract/twin-queue.test.ts",
    () => `import { createQueue } from "../../lib/app/connect.ts";
import { connectRedis } from "../../lib/redis/client.ts";
import { Shards } from "../../lib/redis/shards.ts";
import { atEnd } from "../support/cleanup.ts";
import { testConfig } from "../support/servers/deps.ts";
import { queueContract } from "./queue.ts";

const config = await testConfig({ queue: "twin" });
const redis = connectRedis(config);
atEnd(() => redis.disconnect());

queueContract("TwinQueue", async ({ visibilitySeconds, maxDeliveries }) => {
  await redis.flushdb();
  const queue = createQueue(redis, new Shards(1), {
    ...config,
    queueVisibilitySeconds: visibilitySeconds,
    queueMaxDeliveries: maxDeliveries,
  });
  atEnd(() => queue.close());
  return queue;
});
`,
  ],
  ["environment", "serverless/environment.yml", before("\ningest:", "\ntwin:\n  <<: *deployed\n")],
];
const ADAPTER_FILES = [
  "lib",
  "functions",
  "test",
  "local",
  "serve",
  "web",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];
const STACK_FILES = ["lib", "functions", "serverless", "serverless.yml", "package.json", "web"];

describe("a queue adapter", () => {
  it("that follows the steps passes the type checker and the suite of every queue", async () => {
    const folder = await copyProject([...ADAPTER_FILES, "serverless"], ADAPTER);
    expect(await checkTypes(folder, ["lib", "functions", "test/contract"])).toMatchObject({
      code: 0,
      output: "",
    });
    const suite = await runNode(
      folder,
      "node_modules/vitest/vitest.mjs",
      "run",
      "test/contract/twin-queue.test.ts",
    );
    expect(suite.code, suite.output).toBe(0);
    expect(stripVTControlCharacters(suite.output)).toMatch(/Tests +\d\d passed/);
  });

  it.each([undefined, "environment"])(
    "that follows the steps has a stack, unless it lacks its %s",
    async (missing) => {
      const resources: Step = ["resources", "serverless/queue-twin.yml", () => ""];
      const steps = ADAPTER.filter(([what]) => what !== "suite");
      const folder = await copyProject(STACK_FILES, [...steps, resources], missing);
      await run("cp", ["serverless/queue-redis.yml", "serverless/queue-twin.yml"], {
        cwd: folder,
        env: process.env,
      });
      const printed = await run(
        process.execPath,
        ["node_modules/serverless/bin/serverless.js", "print", "--stage", "dev", "--path", "functions.drain"],
        { cwd: folder, env: { ...process.env, QUEUE: "twin" } },
      );
      expect(printed.code, printed.output).toBe(missing === undefined ? 0 : 1);
      expect(printed.output).toContain(
        missing === undefined ? "functions/drain.handler" : "provider.environment",
      );
    },
  );
});

describe("a migration", () => {
  const FILE = "lib/postgres/migrations/9999_greetings.sql";
  const STEPS: Step[] = [["file", FILE, () => "CREATE TABLE greetings (text text PRIMARY KEY);\n"]];

  it("that follows the steps is applied once, and can't be edited afterwards", async () => {
    const folder = await copyProject(["lib", "bin", "package.json"], STEPS);
    const { databaseUrl, redisUrl } = await testServers();
    const env = { ...process.env, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl };
    const migrate = (cwd: string) => run(process.execPath, ["bin/migrate.ts"], { cwd, env });
    expect((await migrate(folder)).output).toContain("Applied 9999_greetings.sql.");
    expect((await migrate(folder)).output).toContain("The schema is up to date.");
    const sql = postgres(databaseUrl, { max: 1 });
    expect(await sql`SELECT count(*)::int AS rows FROM greetings`).toEqual([{ rows: 0 }]);
    await sql.end();

    await appendFile(join(folder, FILE), "-- edited\n");
    const edited = await migrate(folder);
    expect([edited.code, edited.output]).toEqual([1, expect.stringContaining("9999_greetings.sql")]);
    // The version before, which a rolled-back deployment runs, names the reason.
    expect((await migrate(PROJECT)).output).toContain("NewerSchemaError");
  });
});
