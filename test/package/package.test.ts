import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findPages } from "../../lib/pages/manifest.ts";
import { findPage } from "../../lib/pages/pages.ts";
import { mustRun } from "../support/command.ts";
import { installCfnLint, lint, unzip } from "./cfn-lint.ts";
import { ofType, type Packaged, PROJECT, packageStack, sizeOf } from "./stack.ts";

const MAX_BYTES = 1024 * 1024;
const combinations = ["dev", "prod"].flatMap((stage) => ["redis", "sqs"].map((queue) => ({ stage, queue })));

/** The folder of the pages in an unpacked function. */
const pagesOf = (folder: string): URL => pathToFileURL(join(folder, "web", "dist", "/"));

const capitalized = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;

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

  it("is built without leaving temporary files", () => {
    // A folder for each function, without patches/serverless-esbuild+1.57.2.patch.
    expect(packaged.left).toEqual([]);
  });

  it("contains bundles of at most 1 MiB, unpacked", async () => {
    const sizes = await Promise.all(
      [...packaged.zips.keys()].map(async (name) => [name, await sizeOf(at(name))] as const),
    );
    for (const [name, bytes] of sizes) console.log(`${name.padEnd(12)} ${bytes.toLocaleString("en")} bytes`);
    expect(sizes.filter(([, bytes]) => bytes > MAX_BYTES)).toEqual([]);
  });

  it("contains the pages in the function web only", async () => {
    const manifests = await Promise.all(
      [...packaged.zips.keys()].map(async (name) => [name, await findPages([pagesOf(at(name))])] as const),
    );
    const found = manifests.filter(([, pages]) => pages !== undefined);
    expect(found.map(([name]) => name)).toEqual(["web"]);
    const entries = Object.entries(found[0]?.[1]?.manifest.entries ?? {});
    expect(entries.map(([path]) => path)).toEqual(expect.arrayContaining(["/dashboard", "/docs"]));
    for (const [path] of entries)
      expect(
        await findPage([pagesOf(at("web"))], path, { headers: { "accept-encoding": "br" } }),
      ).toBeDefined();
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
      const statements = (Properties.Policies ?? []).flatMap(
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

  it("contains no secret, and each function reads its own one only", () => {
    for (const [name, { Properties }] of ofType(packaged.template, "AWS::Lambda::Function")) {
      const variables = Properties.Environment.Variables;
      expect(variables).toMatchObject({
        QUEUE: queue,
        REQUIRE_TLS: "true",
        NODE_EXTRA_CA_CERTS: "/var/runtime/ca-cert.pem",
      });
      for (const secret of ["DATABASE_URL", "REDIS_URL", "AUDIT_SIGNING_KEY", "AUDIT_PUBLIC_KEYS"])
        expect(variables, name).not.toHaveProperty(secret);
      if (name === "MigrateLambdaFunction") continue;
      const own = { Ref: name.replace("LambdaFunction", "Secret") };
      expect(variables.SECRET_ID).toEqual(own);
      const role = JSON.stringify(packaged.template.Resources[name.replace("LambdaFunction", "Role")]);
      expect(role.match(/"secretsmanager:\w+"/g), name).toEqual(['"secretsmanager:GetSecretValue"']);
      expect(role).toContain(
        JSON.stringify({ Action: "secretsmanager:GetSecretValue", Resource: own }).slice(1),
      );
    }
    const { MigrateLambdaFunction, MigrateRole } = packaged.template.Resources;
    const secrets = ofType(packaged.template, "AWS::SecretsManager::Secret").map(([name]) => name);
    const { FUNCTION_SECRETS, STAGE_SECRET_ID } =
      MigrateLambdaFunction?.Properties.Environment.Variables ?? {};
    const text: string = FUNCTION_SECRETS["Fn::Sub"];
    const given = Object.entries(JSON.parse(text)).map(([name, reference]) => [capitalized(name), reference]);
    expect(given.sort()).toEqual(secrets.map((name) => [name.replace(/Secret$/, ""), `\${${name}}`]).sort());
    expect(STAGE_SECRET_ID).toBe(`weir/${stage}`);
    for (const name of secrets) expect(JSON.stringify(MigrateRole)).toContain(JSON.stringify({ Ref: name }));
  });

  it("calls each function by its alias, except migrate", () => {
    const { Resources } = packaged.template;
    const functions = ofType(packaged.template, "AWS::Lambda::Function").map(([name]) => name);
    const callers = Object.entries(Resources).filter(([, { Type }]) =>
      /^AWS::(?:ApiGatewayV2::Integration|Lambda::(?:Permission|EventSourceMapping|EventInvokeConfig)|Events::Rule)$/.test(
        Type,
      ),
    );
    for (const [name, { Properties }] of callers) {
      // CloudFormation and people call it.
      if (name.startsWith("Migrate")) continue;
      const text = JSON.stringify(Properties);
      expect(text, name).toMatch(/"Ref":"\w+LiveAlias"|"Qualifier":"live"/);
      expect(text, name).not.toContain('LambdaFunction","Arn"');
    }
    for (const name of functions.filter((one) => one !== "MigrateLambdaFunction")) {
      const alias = Resources[name.replace("LambdaFunction", "LiveAlias")];
      expect(alias?.Properties, name).toMatchObject({ Name: "live", FunctionName: { Ref: name } });
      // Its version is of the same function.
      const [version] = alias?.Properties.FunctionVersion["Fn::GetAtt"] ?? [];
      expect(Resources[version]?.Properties.FunctionName).toEqual({ Ref: name });
    }
    expect(Resources).not.toHaveProperty("MigrateLiveAlias");
  });

  it("shifts calls to a new version step by step in production, and back on an alarm", () => {
    const { Resources } = packaged.template;
    const groups = ofType(packaged.template, "AWS::CodeDeploy::DeploymentGroup");
    const called = ["Admin", "Analytics", "Audit", "Health", "Ingest", "Web"];
    const shifted = queue === "sqs" ? [...called, "Worker"] : called;
    expect(groups.map(([name]) => name).sort()).toEqual(
      stage === "prod" ? shifted.map((name) => `${name}CanaryGroup`) : [],
    );
    for (const [group, { Properties }] of groups) {
      expect(Properties.DeploymentConfigName).toBe("CodeDeployDefault.LambdaCanary10Percent5Minutes");
      const alarms = Properties.AlarmConfiguration.Alarms.map(
        ({ Name }: { Name: { Ref: string } }) => Name.Ref,
      );
      expect(alarms).toEqual([
        "ApiFailuresAlarm",
        "LatencyAlarm",
        group.replace("CanaryGroup", "ErrorsAlarm"),
      ]);
      for (const alarm of alarms) expect(Resources[alarm]?.Type).toBe("AWS::CloudWatch::Alarm");
      const update = Resources[group.replace("CanaryGroup", "LiveAlias")]?.UpdatePolicy;
      expect(update).toMatchObject({ CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: group } } });
    }
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
