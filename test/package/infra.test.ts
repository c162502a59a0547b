/** The optional stack in infra/: what it creates in each size with each queue, and what that costs. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { costTable, monthlyCost } from "../../bench/infra-prices.ts";
import { lint } from "./cfn-lint.ts";
import { COMBINATIONS, type PackagedInfra, packageCombinations } from "./infra-combinations.ts";
import { ofType, PROJECT, packageInfra, packageStack, runPackage } from "./stack.ts";

let folder: string;
let packaged: Map<string, PackagedInfra>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-infra-"));
  packaged = await packageCombinations(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const of = (name: string): PackagedInfra => {
  const found = packaged.get(name);
  if (!found) throw new Error(`${name} was not packaged.`);
  return found;
};
/** Properties of the only resource of a type. */
function only({ template }: PackagedInfra, type: string) {
  const found = ofType(template, type);
  expect(found, type).toHaveLength(1);
  return found[0]?.[1].Properties ?? {};
}

describe.each(COMBINATIONS)("infra of the size $name", ({ size, queue, name }) => {
  it("is CloudFormation without linter findings", async () => {
    expect(await lint(PROJECT, of(name).files)).toEqual([]);
  });

  it("encrypts everything, forces TLS and has no public address", () => {
    const database = only(of(name), "AWS::RDS::DBInstance");
    expect(database).toMatchObject({ StorageEncrypted: true, PubliclyAccessible: false });
    expect(only(of(name), "AWS::RDS::DBParameterGroup").Parameters).toMatchObject({ "rds.force_ssl": "1" });
    expect(only(of(name), "AWS::ElastiCache::ReplicationGroup")).toMatchObject({
      AtRestEncryptionEnabled: true,
      TransitEncryptionEnabled: true,
      TransitEncryptionMode: "required",
      AuthToken: { "Fn::Sub": `{{resolve:secretsmanager:\${CacheSecret}:SecretString:password}}` },
    });
    for (const type of ["InternetGateway", "NatGateway", "EIP"])
      expect(ofType(of(name).template, `AWS::EC2::${type}`)).toEqual([]);
  });

  it("admits only the functions, each to one port", () => {
    const groups = ofType(of(name).template, "AWS::EC2::SecurityGroup");
    const admitted = groups.flatMap(([group, { Properties }]) =>
      (Properties.SecurityGroupIngress ?? []).map((rule: Record<string, unknown>) => [
        group,
        rule.FromPort,
        rule.ToPort,
        rule.SourceSecurityGroupId,
      ]),
    );
    const functions = { "Fn::GetAtt": ["FunctionsGroup", "GroupId"] };
    expect(admitted).toEqual([
      ["DatabaseGroup", 5432, 5432, functions],
      ["CacheGroup", 6379, 6379, functions],
      ["EndpointsGroup", 443, 443, functions],
    ]);
    // A group without rules for what leaves it could reach everything.
    for (const [group, { Properties }] of groups)
      expect(Properties.SecurityGroupEgress, group).toHaveLength(1);
  });

  it("leaves the application what it reads", () => {
    const [secret] = ofType(of(name).template, "AWS::SecretsManager::Secret").filter(
      ([, { Properties }]) => Properties.Name === "weir/dev",
    );
    const text: string = secret?.[1].Properties.SecretString["Fn::Sub"];
    const group = queue === "redis" ? "QueueCache.ConfigurationEndPoint" : "Cache.PrimaryEndPoint";
    expect(JSON.parse(text)).toEqual({
      databaseUrl: `postgres://\${Database.Endpoint.Address}:5432/weir?sslmode=verify-full`,
      databaseSecret: `\${Database.MasterUserSecret.SecretArn}`,
      redisUrl: `rediss://\${${group}.Address}:6379`,
      redisSecret: `\${CacheSecret}`,
    });
    const parameters = ofType(of(name).template, "AWS::SSM::Parameter").map(
      ([, { Properties }]) => Properties.Name,
    );
    expect(parameters).toEqual(["/weir/dev/subnet-ids", "/weir/dev/security-group-ids"]);
  });

  it("has PostgreSQL take the connections that the application's stage expects", async () => {
    const stage = size === "production" ? "prod" : "dev";
    const text = await readFile(join(PROJECT, "serverless.yml"), "utf8");
    const expected = [...text.matchAll(/databaseMaxConnections: (\d+)/g)].map(([, number]) => number);
    const { Parameters } = only(of(name), "AWS::RDS::DBParameterGroup");
    expect(Parameters.max_connections).toBe(stage === "prod" ? expected[1] : expected[0]);
  });

  it("snapshots what can't be made again when it is removed", () => {
    const { Resources } = of(name).template;
    const kept = Object.entries(Resources).filter(([, { DeletionPolicy }]) => DeletionPolicy === "Snapshot");
    expect(kept.map(([resource]) => resource)).toEqual(
      queue === "redis" ? ["Database", "QueueCache"] : ["Database"],
    );
  });

  it("has a Valkey that answers a write when it is durable, if it is the queue", () => {
    const cache = only(of(name), "AWS::ElastiCache::ReplicationGroup");
    expect(only(of(name), "AWS::ElastiCache::ParameterGroup").Properties).toMatchObject({
      "maxmemory-policy": "noeviction",
      "lazyfree-lazy-expire": "yes",
    });
    if (queue === "sqs") expect(cache.Durability).toBeUndefined();
    else
      expect(cache).toMatchObject({
        Durability: "sync",
        EngineVersion: "9.0",
        ClusterMode: "enabled",
        MultiAZEnabled: true,
        ReplicasPerNodeGroup: 1,
        CacheNodeType: expect.stringMatching(/^cache\.[mrc]\d/),
      });
  });

  it("has endpoints for what the functions call", () => {
    const services = ofType(of(name).template, "AWS::EC2::VPCEndpoint").map(([, { Properties }]) =>
      Properties.ServiceName["Fn::Sub"].split(".").at(-1),
    );
    expect(services).toEqual(["s3", "secretsmanager", ...(queue === "sqs" ? ["sqs"] : [])]);
  });
});

describe("the sizes", () => {
  it("differ in what survives the loss of a zone, a mistake and a bad week", () => {
    expect(only(of("production, SQS"), "AWS::RDS::DBInstance")).toMatchObject({
      MultiAZ: true,
      BackupRetentionPeriod: 14,
      DeletionProtection: true,
      EnablePerformanceInsights: true,
    });
    expect(only(of("production, SQS"), "AWS::ElastiCache::ReplicationGroup")).toMatchObject({
      MultiAZEnabled: true,
      AutomaticFailoverEnabled: true,
      ReplicasPerNodeGroup: 1,
    });
    const subnets = (name: string): number => ofType(of(name).template, "AWS::EC2::Subnet").length;
    expect([subnets("small, SQS"), subnets("production, SQS")]).toEqual([2, 3]);
  });

  it("are production for the stage prod, which is protected, and small otherwise", async () => {
    const { template } = await packageInfra(join(folder, "prod"), "sqs", [], "prod");
    expect(ofType(template, "AWS::EC2::Subnet")).toHaveLength(3);
    expect(template).toMatchObject({ Resources: { Secret: { Properties: { Name: "weir/prod" } } } });
  });

  it("take zones, addresses and an endpoint for KMS as parameters", async () => {
    const params = ["zones=us-east-1b,us-east-1d", "addresses=172.20", "kms=true"];
    const { template, files } = await packageInfra(join(folder, "zones"), "redis", params);
    expect(template.Resources.SubnetB?.Properties).toMatchObject({
      CidrBlock: "172.20.16.0/20",
      AvailabilityZone: { "Fn::Select": [1, { "Fn::Split": [",", "us-east-1b,us-east-1d"] }] },
    });
    expect(template.Resources.KmsEndpoint).toBeDefined();
    expect(await lint(PROJECT, files)).toEqual([]);
  });
});

describe("packaging infra", () => {
  it("fails with one sentence without QUEUE", async () => {
    const settings = { stage: "dev", queue: undefined, command: "package:infra" } as const;
    const { code, output } = await runPackage(join(folder, "none"), settings);
    expect(code).not.toBe(0);
    expect(output).toContain("Set QUEUE to redis or sqs, the same for each deployment of a stage");
  });

  it("names the parameters that the application's template reads", async () => {
    const app = await packageStack(join(folder, "app"), "dev", "sqs");
    const { Parameters } = app.template as { Parameters?: Record<string, { Default?: string }> };
    const read = Object.values(Parameters ?? {}).map(({ Default }) => Default);
    const made = ofType(of("small, SQS").template, "AWS::SSM::Parameter").map(
      ([, { Properties }]) => Properties.Name,
    );
    expect(read.sort()).toEqual(made.sort());
  });
});

describe("the cost", () => {
  it("in docs/infra.md is that of the templates", async () => {
    const templates = new Map([...packaged].map(([name, { template }]) => [name, template] as const));
    const page = await readFile(join(PROJECT, "docs/infra.md"), "utf8");
    expect(page, "run `npm run docs:infra`").toContain(`\n${costTable(templates)}\n`);
  });

  it("counts what is billed: doubled for Multi-AZ, for each node, each zone of an endpoint, each secret", () => {
    const cost = monthlyCost(of("production, SQS").template);
    expect(cost["PostgreSQL, instance"]).toBeCloseTo(0.168 * 2 * 730);
    expect(cost["PostgreSQL, storage"]).toBeCloseTo(100 * 2 * 0.115);
    expect(cost.Valkey).toBeCloseTo(2 * 0.1264 * 730);
    expect(cost.endpoints).toBeCloseTo(2 * 3 * 7.3);
    expect(cost.secrets).toBeCloseTo(3 * 0.4);
  });

  it("refuses a resource without a price", () => {
    const Resources = { Nat: { Type: "AWS::EC2::NatGateway" } };
    expect(() => monthlyCost({ Resources })).toThrow("Nat (AWS::EC2::NatGateway) has no price");
  });
});
