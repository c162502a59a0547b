/** What the parameters of serverless.yml change in the package. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mustRun } from "../support/command.ts";
import { EXCEPTIONS, lint } from "./cfn-lint.ts";
import { ofType, type Packaged, PROJECT, packageStack, runPackage } from "./stack.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-settings-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

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
    expect(variables(packaged)).toMatchObject({ AUDIT_KMS_KEY_ID: KEY, AUDIT_CHECKPOINT_BUCKET: "" });
    // It makes no key then.
    const { MigrateLambdaFunction } = packaged.template.Resources;
    expect(MigrateLambdaFunction?.Properties.Environment.Variables.AUDIT_KMS_KEY_ID).toBe(KEY);
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

describe("the archive", () => {
  const own = ({ template }: Packaged) => ({
    variable: template.Resources.MaintenanceLambdaFunction?.Properties.Environment.Variables.ARCHIVE_BUCKET,
    statements: (template.Resources.MaintenanceRole?.Properties.Policies ?? []).find(
      ({ PolicyName }: { PolicyName?: string }) => PolicyName === "archive",
    )?.PolicyDocument.Statement,
  });
  const statementsOf = (objects: RegExp, bucket: unknown) => [
    {
      Effect: "Allow",
      Action: ["s3:PutObject", "s3:GetObject"],
      Resource: { "Fn::Sub": expect.stringMatching(objects) },
    },
    { Effect: "Allow", Action: "s3:ListBucket", Resource: bucket },
  ];

  it("is off by default, and then maintenance may reach no bucket", async () => {
    const packaged = await packageStack(join(folder, "no-archive"), "prod", "redis");
    expect(own(packaged)).toEqual({ variable: "", statements: undefined });
    expect(packaged.template.Resources.ArchiveBucket).toBeUndefined();
  });

  it("has a bucket of the stack, which is kept when the stack is deleted, and no versions", async () => {
    const packaged = await packageStack(join(folder, "archive"), "dev", "sqs", ["archiveBucket=stack"]);
    const bucket = packaged.template.Resources.ArchiveBucket;
    expect(bucket).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
    expect(bucket?.Properties).not.toHaveProperty("VersioningConfiguration");
    expect(own(packaged)).toEqual({
      variable: { Ref: "ArchiveBucket" },
      statements: statementsOf(/^\$\{ArchiveBucket\.Arn\}\/events\/\*$/, {
        "Fn::GetAtt": ["ArchiveBucket", "Arn"],
      }),
    });
    expect(await lint(PROJECT, packaged.files)).toEqual([]);
  });

  it("may be in a bucket that exists", async () => {
    const packaged = await packageStack(join(folder, "named"), "dev", "redis", [
      "archiveBucket=weir-dev-lake",
    ]);
    expect(own(packaged)).toEqual({
      variable: "weir-dev-lake",
      statements: statementsOf(/:s3:::weir-dev-lake\/events\/\*$/, {
        "Fn::Sub": expect.stringMatching(/:s3:::weir-dev-lake$/),
      }),
    });
    expect(packaged.template.Resources.ArchiveBucket).toBeUndefined();
    expect(await lint(PROJECT, packaged.files)).toEqual([]);
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
    const provisioned = "ingestProvisioned=3";
    const params = [...settings, certificate, "disableDefaultEndpoint=true", "network=none", provisioned];
    const { template } = await packageStack(target, "prod", "sqs", params);
    const { Resources } = template;
    const [[, url] = []] = ofType(template, "AWS::Lambda::Url");
    expect(url?.Properties).toMatchObject({ Qualifier: "live" });
    expect(Resources.IngestLiveAlias?.Properties.ProvisionedConcurrencyConfig).toEqual({
      ProvisionedConcurrentExecutions: 3,
    });
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

  it("fails if more instances are provisioned than the function may have", async () => {
    const params = ["ingestProvisioned=11"];
    const { code, output } = await runPackage(join(folder, "many"), { stage: "dev", queue: "redis", params });
    expect(code).not.toBe(0);
    expect(output).toContain("11 instances of ingest can't be provisioned: it may have 10.");
  });

  it.each([undefined, "kafka", "local"])("fails with one sentence if QUEUE is %s", async (queue) => {
    const { code, output } = await runPackage(join(folder, `queue-${queue}`), { stage: "dev", queue });
    expect(code).not.toBe(0);
    expect(output).toContain("Set QUEUE to redis or sqs, the same for each deployment of a stage");
  });

  it("needs QUEUE, but no other command does: they find the stack by its name", async () => {
    const env = { PATH: process.env.PATH, HOME: folder, AWS_EC2_METADATA_DISABLED: "true" };
    const words = ["run", "--silent", "serverless", "--", "print", "--stage", "prod"];
    expect(await mustRun("npm", words, { cwd: PROJECT, env })).toContain("service: weir");
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

  it("needs each exception to the linter's rules", async () => {
    const { files } = await packageStack(join(folder, "exceptions"), "prod", "sqs");
    const found = await lint(PROJECT, files, []);
    for (const rule of Object.keys(EXCEPTIONS))
      expect(found, rule).toContainEqual(expect.stringContaining(` ${rule} at `));
  });
});
