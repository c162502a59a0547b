import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPostgres } from "../../local/postgres.ts";
import { mustRun } from "../support/command.ts";
import { installCfnLint, lint, unzip } from "./cfn-lint.ts";
import { ofType, type Packaged, PROJECT, packageStack, runPackage, sizeOf } from "./stack.ts";

const MAX_BYTES = 1024 * 1024;
const combinations = ["dev", "prod"].flatMap((stage) => ["redis", "sqs"].map((queue) => ({ stage, queue })));

/** Outside the repository, so that no `node_modules` is found. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-package-"));
  await installCfnLint(PROJECT);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(combinations)("the package of $stage with $queue", ({ stage, queue }) => {
  let packaged: Packaged;
  const at = (name: string): string => join(folder, `${stage}-${queue}-${name}`);
  beforeAll(async () => {
    packaged = await packageStack(at("package"), stage, queue);
    for (const [name, zip] of packaged.zips) await unzip(PROJECT, zip, at(name));
  });

  it("is built without credentials and contains every function", () => {
    const functions = ofType(packaged.template, "AWS::Lambda::Function");
    const names = functions.map(([, { Properties }]) => Properties.FunctionName).sort();
    expect(names).toEqual([...packaged.zips.keys()].map((name) => `weir-${stage}-${name}`).sort());
    expect(packaged.zips.has(queue === "sqs" ? "worker" : "drain")).toBe(true);
    for (const [name, { Properties }] of functions)
      expect(Properties, name).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"] });
  });

  it("contains bundles of at most 1 MiB, unpacked", async () => {
    const sizes = await Promise.all(
      [...packaged.zips.keys()].map(async (name) => [name, await sizeOf(at(name))] as const),
    );
    for (const [name, bytes] of sizes) console.log(`${name.padEnd(12)} ${bytes.toLocaleString("en")} bytes`);
    expect(sizes.filter(([, bytes]) => bytes > MAX_BYTES)).toEqual([]);
  });

  it("contains functions that Node.js can load without other packages", async () => {
    for (const [, { Properties }] of ofType(packaged.template, "AWS::Lambda::Function")) {
      const name = String(Properties.FunctionName).slice(`weir-${stage}-`.length);
      const [file, member] = String(Properties.Handler).split(".");
      const script = `import("./${file}.mjs").then((m) => console.log(typeof m.${member}))`;
      const options = { cwd: at(name), env: {} };
      expect(await mustRun(process.execPath, ["-e", script], options), name).toBe("function\n");
    }
  });

  it("is CloudFormation without linter errors", async () => {
    expect(await lint(PROJECT, packaged.files)).toEqual([]);
  });

  it("gives each function its own role, without wildcard actions, and without wildcard resources except for EC2", () => {
    const functions = ofType(packaged.template, "AWS::Lambda::Function");
    const roles = functions.map(([, { Properties }]) => JSON.stringify(Properties.Role));
    expect(new Set(roles).size).toBe(functions.length);
    for (const [name, { Properties }] of ofType(packaged.template, "AWS::IAM::Role")) {
      const statements = Properties.Policies.flatMap(
        // Some stages lack a policy and have `AWS::NoValue` instead.
        ({ PolicyDocument }: { PolicyDocument?: { Statement: object[] } }) => PolicyDocument?.Statement ?? [],
      ) as { Action: string | string[]; Resource: unknown }[];
      const wide = statements.filter(({ Resource }) => JSON.stringify(Resource).includes('"*"'));
      expect(
        wide.flatMap(({ Action }) => Action).filter((action) => !action.startsWith("ec2:")),
        name,
      ).toEqual([]);
      expect(statements.flatMap(({ Action }) => Action).filter((action) => action.includes("*"))).toEqual([]);
    }
  });

  it("refers to its secrets and contains none", () => {
    for (const [, { Properties }] of ofType(packaged.template, "AWS::Lambda::Function"))
      expect(Properties.Environment.Variables).toMatchObject({
        QUEUE: queue,
        DATABASE_URL: `{{resolve:secretsmanager:weir/${stage}:SecretString:databaseUrl}}`,
        REDIS_URL: `{{resolve:secretsmanager:weir/${stage}:SecretString:redisUrl}}`,
        REQUIRE_TLS: "true",
        NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem",
      });
  });

  it("gives the signing key to one function, and the public keys to another", () => {
    const holders = (variable: string): string[] =>
      ofType(packaged.template, "AWS::Lambda::Function")
        .filter(([, { Properties }]) => variable in Properties.Environment.Variables)
        .map(([name]) => name);
    expect(holders("AUDIT_SIGNING_KEY")).toEqual(["CheckpointLambdaFunction"]);
    expect(holders("AUDIT_PUBLIC_KEYS").sort()).toEqual(["AuditLambdaFunction", "CheckpointLambdaFunction"]);
  });

  it("has only alarms whose first steps the guide lists", async () => {
    const guide = await readFile(join(PROJECT, "docs/operations.md"), "utf8");
    const listed = [...guide.matchAll(/^\| ([A-Z]\w+(?:, \w+)*)(?: \(\w+\))? \|.* 1\. /gm)].flatMap(
      ([, names = ""]) => names.split(", "),
    );
    const alarms = ofType(packaged.template, "AWS::CloudWatch::Alarm").map(([name]) =>
      name.replace(/Alarm$/, ""),
    );
    const described = [...listed, "DefaultPartition"];
    expect(alarms.filter((name) => !described.includes(name) && !name.endsWith("Errors"))).toEqual([]);
  });

  it("replaces no function before the schema is up to date", () => {
    for (const [name, { DependsOn }] of ofType(packaged.template, "AWS::Lambda::Function"))
      if (name !== "MigrateLambdaFunction") expect(DependsOn, name).toContain("SchemaMigration");
  });
});

describe("the worker's queue", () => {
  it("has a visibility timeout of six times the worker's timeout, and reports failures of single messages", async () => {
    const { template } = await packageStack(join(folder, "queue"), "prod", "sqs");
    const { EventsQueue, WorkerLambdaFunction } = template.Resources;
    const timeout = Number(WorkerLambdaFunction?.Properties.Timeout);
    expect(EventsQueue?.Properties.VisibilityTimeout).toBe(6 * timeout);
    const [mapping] = ofType(template, "AWS::Lambda::EventSourceMapping");
    expect(mapping?.[1].Properties).toMatchObject({
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      ScalingConfig: { MaximumConcurrency: WorkerLambdaFunction?.Properties.ReservedConcurrentExecutions },
    });
    // If the database is unreachable for a day, no message may become a dead letter.
    const deliveries = Number(EventsQueue?.Properties.RedrivePolicy.maxReceiveCount);
    expect(deliveries * 6 * timeout).toBeGreaterThanOrEqual(86_400);
  });
});

describe("the drain", () => {
  it("overlaps with the next run, which has a free instance", async () => {
    const { template } = await packageStack(join(folder, "drain"), "prod", "redis");
    const { Timeout, ReservedConcurrentExecutions } =
      template.Resources.DrainLambdaFunction?.Properties ?? {};
    // A run stops reading 20 s before its timeout, and the schedule starts one every minute.
    expect(Timeout - 20).toBeGreaterThan(60);
    expect(ReservedConcurrentExecutions).toBeGreaterThanOrEqual(Math.ceil(Timeout / 60));
  });
});

describe("checkpoints of the audit trail", () => {
  const KEY = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const policies = ({ template }: Packaged): Record<string, unknown> =>
    Object.fromEntries(
      template.Resources.CheckpointRole?.Properties.Policies.filter((one: object) => "PolicyName" in one).map(
        ({ PolicyName, PolicyDocument }: { PolicyName: string; PolicyDocument: { Statement: unknown } }) => [
          PolicyName,
          PolicyDocument.Statement,
        ],
      ),
    );
  const variables = ({ template }: Packaged): Record<string, unknown> =>
    template.Resources.CheckpointLambdaFunction?.Properties.Environment.Variables;

  it("are signed by a KMS key if one is configured, and then there is no other key", async () => {
    const params = ["auditSigning=kms", `auditKmsKey=${KEY}`, "checkpointMinutes=10"];
    const packaged = await packageStack(join(folder, "kms"), "dev", "redis", params);
    expect(variables(packaged)).toMatchObject({
      AUDIT_KMS_KEY_ID: KEY,
      AUDIT_SIGNING_KEY: "",
      AUDIT_CHECKPOINT_BUCKET: "",
    });
    expect(policies(packaged)).toMatchObject({
      sign: [{ Effect: "Allow", Action: ["kms:Sign", "kms:GetPublicKey"], Resource: KEY }],
    });
    expect(policies(packaged)).not.toHaveProperty("copy");
    const [[, rule] = []] = ofType(packaged.template, "AWS::Events::Rule").filter(([name]) =>
      name.startsWith("Checkpoint"),
    );
    expect(rule?.Properties.ScheduleExpression).toBe("cron(0/10 * * * ? *)");
    expect(await lint(PROJECT, packaged.files)).toEqual([]);
  });

  it("go to a bucket with object lock in production, which is kept when the stack is deleted", async () => {
    const packaged = await packageStack(join(folder, "bucket"), "prod", "redis");
    expect(packaged.template.Resources.CheckpointBucket).toMatchObject({
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: { ObjectLockEnabled: true, VersioningConfiguration: { Status: "Enabled" } },
    });
    expect(variables(packaged).AUDIT_CHECKPOINT_BUCKET).toEqual({ Ref: "CheckpointBucket" });
    expect(policies(packaged)).toMatchObject({
      copy: [
        { Resource: { "Fn::Sub": expect.stringMatching(/^\$\{CheckpointBucket\.Arn\}\/checkpoints\/\*$/) } },
      ],
    });
    expect(policies(packaged)).not.toHaveProperty("sign");
  });
});

describe("packaging", () => {
  it("without a VPC configures no VPC, and passes the linter too", async () => {
    const target = join(folder, "none");
    const made = await runPackage(target, { stage: "prod", queue: "sqs", params: ["network=none"] });
    expect(made.code, made.output).toBe(0);
    expect(await lint(PROJECT, [join(target, "cloudformation-template-update-stack.json")])).toEqual([]);
  });

  it("has a function URL of ingest, a name of its own and a subscriber, if they are set", async () => {
    const target = join(folder, "edge");
    const settings = ["ingestUrl=true", "domain=api.example.com", "alarmEmail=ops@example.com"];
    const certificate = "domainCertificate=arn:aws:acm:us-east-1:123456789012:certificate/1";
    const params = [...settings, certificate, "disableDefaultEndpoint=true", "network=none"];
    const { template } = await packageStack(target, "prod", "sqs", params);
    const { Resources } = template;
    expect(ofType(template, "AWS::Lambda::Url")).toHaveLength(1);
    expect(Resources.HttpApi?.Properties).toMatchObject({ DisableExecuteApiEndpoint: true });
    expect(Resources.Domain?.Properties).toMatchObject({ DomainName: "api.example.com" });
    expect(Resources.AlarmSubscription?.Properties).toMatchObject({ Endpoint: "ops@example.com" });
    expect(Resources.HttpApiStage?.Properties.DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 10_000,
      ThrottlingBurstLimit: 5_000,
    });
    expect(await lint(PROJECT, [join(target, "cloudformation-template-update-stack.json")])).toEqual([]);
  });

  it("fails with the table if the connections exceed the budget", async () => {
    const params = ["analyticsConcurrency=500"];
    const { code, output } = await runPackage(join(folder, "over"), { stage: "dev", queue: "redis", params });
    expect(code).not.toBe(0);
    expect(output).toMatch(/weir-dev-analytics +500 +1 +500/);
    expect(output).toContain("The functions may open 525 connections; the database takes 80");
  });

  it.each([undefined, "kafka", "local"])("fails with one sentence if QUEUE is %s", async (queue) => {
    const { code, output } = await runPackage(join(folder, `queue-${queue}`), { stage: "dev", queue });
    expect(code).not.toBe(0);
    expect(output).toContain("Set QUEUE to redis or sqs, the same for each deployment of a stage");
  });

  it("keeps the queues that hold events when they leave the stack", async () => {
    const { template } = await packageStack(join(folder, "kept"), "prod", "sqs");
    for (const name of ["EventsQueue", "DeadLetterQueue"])
      expect(template.Resources[name], name).toMatchObject({
        DeletionPolicy: "RetainExceptOnCreate",
        UpdateReplacePolicy: "Retain",
      });
  });

  it("is checked by a linter that detects errors", async () => {
    const file = join(folder, "wrong.json");
    const Queue = { Type: "AWS::SQS::Queue", Properties: { VisibilityTimeout: "soon", Colour: "red" } };
    await writeFile(file, JSON.stringify({ Resources: { Queue } }));
    expect(await lint(PROJECT, [file])).toHaveLength(2);
  });
});

describe("the packaged function migrate", () => {
  it("migrates an empty database with the migrations in its package", async () => {
    const database = await startPostgres({ dataDir: join(folder, "postgres"), port: 0, log: () => {} });
    try {
      const { zips } = await packageStack(join(folder, "migrate"), "dev", "redis");
      const cwd = join(folder, "migrate-unpacked");
      await unzip(PROJECT, zips.get("migrate") ?? "", cwd);
      const script =
        'import("./functions/migrate.mjs").then(async (m) => { console.log(JSON.stringify(await m.handler({}))); process.exit() })';
      const env = { DATABASE_URL: database.url, REDIS_URL: "redis://127.0.0.1:1", LOG_LEVEL: "SILENT" };
      const answer = JSON.parse(await mustRun(process.execPath, ["-e", script], { cwd, env }));
      const files = await readdir(join(PROJECT, "lib/postgres/migrations"));
      expect(answer.migrations).toEqual(files.sort());
      expect(answer.partitions).toBeGreaterThan(90);
    } finally {
      await database.stop();
    }
  });
});
