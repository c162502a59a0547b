/** The stack in infra/ on Moto, and then the application's on what it created. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { standIn } from "../../lib/aws/endpoint.ts";
import { type Part, partOf } from "../localstack/part.ts";
import { cloudFormation, startMoto } from "./moto.ts";
import { ofType, packageInfra, packageStack, type Template } from "./stack.ts";

/** What Moto 5.2 does not create, with the reason. */
const LEFT_OUT: Record<string, string> = {
  "AWS::EC2::SecurityGroupEgress": "not in its CloudFormation",
  "AWS::ElastiCache::SubnetGroup": "not in its CloudFormation",
  "AWS::ElastiCache::ParameterGroup": "not in its CloudFormation",
  "AWS::ElastiCache::ReplicationGroup": "not in its CloudFormation",
  "AWS::SecretsManager::Secret": "not in its CloudFormation",
  "AWS::ApiGatewayV2::Api": "not in its CloudFormation",
  "AWS::ApiGatewayV2::Stage": "not in its CloudFormation",
  "AWS::ApiGatewayV2::Integration": "not in its CloudFormation",
  "AWS::ApiGatewayV2::Route": "not in its CloudFormation",
  "AWS::CloudWatch::Alarm": "not in its CloudFormation",
  "AWS::Lambda::Alias": "not in its CloudFormation",
  "AWS::Lambda::EventInvokeConfig": "not in its CloudFormation",
  "AWS::SQS::QueuePolicy": "not in its CloudFormation",
  "AWS::S3::BucketPolicy": "not in its CloudFormation",
  "AWS::S3::Bucket": "the framework's, which exists before the rest of the stack",
};
/** Those of them that the templates have. */
const leftOut = new Set<string>();
/** The bucket that takes the place of the framework's. */
const BUCKET = "weir-moto";

let folder: string;
let endpoint: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-infra-moto-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Removes members of lists that are `AWS::NoValue`, as CloudFormation does; Moto does so for properties only. */
function withoutNoValue(value: unknown): unknown {
  if (Array.isArray(value))
    return value.filter((member) => member?.Ref !== "AWS::NoValue").map(withoutNoValue);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withoutNoValue(member)]));
}

/** The part that Moto can create. */
function creatable(original: Template): Part {
  const template = withoutNoValue(original) as Template;
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  for (const type of types) if (type in LEFT_OUT) leftOut.add(type);
  return partOf(
    template,
    types.filter((type) => !(type in LEFT_OUT)),
  );
}

async function create(StackName: string, template: unknown): Promise<void> {
  await cloudFormation(endpoint, "CreateStack", {
    StackName,
    TemplateBody: JSON.stringify(template),
    "Capabilities.member.1": "CAPABILITY_IAM",
  });
}

/** Text of each element of a name in a response of CloudFormation. */
const texts = (xml: string, element: string): string[] =>
  [...xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"))].map(([, text = ""]) => text);

async function statusOf(StackName: string): Promise<string | undefined> {
  return texts(await cloudFormation(endpoint, "DescribeStacks", { StackName }), "StackStatus")[0];
}

/** Physical ids by logical ids. */
async function resourcesOf(StackName: string): Promise<Map<string, string>> {
  const xml = await cloudFormation(endpoint, "DescribeStackResources", { StackName });
  const physical = texts(xml, "PhysicalResourceId");
  return new Map(texts(xml, "LogicalResourceId").map((name, index) => [name, physical[index] ?? ""]));
}

async function outputsOf(StackName: string): Promise<Map<string, string>> {
  const xml = await cloudFormation(endpoint, "DescribeStacks", { StackName });
  const values = texts(xml, "OutputValue");
  return new Map(texts(xml, "OutputKey").map((name, index) => [name, values[index] ?? ""]));
}

/** Answers CloudFormation in place of the function migrate, which Moto does not run. */
async function answerAsMigrate(stackId: string): Promise<void> {
  const url = `${endpoint}/cloudformation_us-east-1/cfnresponse?stack=${encodeURIComponent(stackId)}`;
  const body = { Status: "SUCCESS", StackId: stackId, LogicalResourceId: "SchemaMigration", Data: {} };
  const response = await fetch(url, { method: "PUT", body: JSON.stringify(body) });
  if (!response.ok) throw new Error(await response.text());
}

async function functionOf(name: string): Promise<{ Configuration: { VpcConfig: Record<string, string[]> } }> {
  const credential = "Credential=test/20260101/us-east-1/lambda/aws4_request";
  const response = await fetch(`${endpoint}/2015-03-31/functions/${name}`, {
    headers: { authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=host, Signature=test` },
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Awaited<ReturnType<typeof functionOf>>;
}

describe.each([
  { size: "small", queue: "sqs", zones: 2 },
  { size: "production", queue: "redis", zones: 3 },
])("with QUEUE=$queue, the size $size", ({ size, queue, zones }) => {
  let infra: Map<string, string>;
  beforeAll(async () => {
    endpoint = await startMoto();
    const { template } = await packageInfra(join(folder, `infra-${queue}`), queue, [`size=${size}`]);
    const part = creatable(template);
    // Moto fails on a reference to a group of parameters. It creates the group by itself.
    delete part.template.Resources.Database?.Properties.DBParameterGroupName;
    await create("weir-infra-dev", part.template);
    infra = await resourcesOf("weir-infra-dev");
    expect(new Set(infra.keys())).toEqual(new Set(Object.keys(part.template.Resources)));
  });

  it("infra is created, with the network, PostgreSQL and the parameters", async () => {
    expect(await statusOf("weir-infra-dev")).toBe("CREATE_COMPLETE");
    const outputs = await outputsOf("weir-infra-dev");
    expect(outputs.get("VpcId")).toBe(infra.get("Vpc"));
    expect(outputs.get("DatabaseEndpoint")).toMatch(/\.rds\.amazonaws\.com$/);
    expect([...infra.keys()].filter((name) => /^Subnet[A-Z]$/.test(name))).toHaveLength(zones);
  });

  it("the application is created once migrate has answered, and its functions run in infra's subnets", async () => {
    const { template, zips } = await packageStack(join(folder, `app-${queue}`), "dev", queue);
    const s3 = new S3Client({ region: "us-east-1", forcePathStyle: true, ...standIn(endpoint) });
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
    const functions = ofType(template, "AWS::Lambda::Function");
    for (const [, { Properties }] of functions) {
      const name = String(Properties.FunctionName).slice("weir-dev-".length);
      const Body = await readFile(zips.get(name) ?? "");
      await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: Properties.Code.S3Key, Body }));
      Properties.Code.S3Bucket = BUCKET;
    }
    s3.destroy();
    const part = creatable(template);
    // CloudFormation takes both names for a custom resource, Moto only this one.
    const { SchemaMigration } = part.template.Resources;
    if (!SchemaMigration) throw new Error("The template has no migration.");
    SchemaMigration.Type = "Custom::SchemaMigration";

    await create("weir-dev", part.template);
    const resources = await resourcesOf("weir-dev");
    expect(new Set(resources.keys())).toEqual(new Set(Object.keys(part.template.Resources)));
    expect(await statusOf("weir-dev")).toBe("CREATE_IN_PROGRESS");
    const [stackId = ""] = texts(
      await cloudFormation(endpoint, "DescribeStacks", { StackName: "weir-dev" }),
      "StackId",
    );
    await answerAsMigrate(stackId);
    expect(await statusOf("weir-dev")).toBe("CREATE_COMPLETE");

    const subnets = ["SubnetA", "SubnetB", "SubnetC"].slice(0, zones).map((name) => infra.get(name));
    expect(functions.length).toBeGreaterThanOrEqual(10);
    for (const [, { Properties }] of functions) {
      const { VpcConfig } = (await functionOf(String(Properties.FunctionName))).Configuration;
      expect(VpcConfig.SubnetIds, Properties.FunctionName).toEqual(subnets);
      expect(VpcConfig.SecurityGroupIds, Properties.FunctionName).toEqual([infra.get("FunctionsGroup")]);
    }
  });
});

it("leaves out only types that the templates have", () => {
  expect([...leftOut].sort()).toEqual(Object.keys(LEFT_OUT).sort());
});
