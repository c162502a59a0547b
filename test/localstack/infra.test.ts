/** The stack in infra/ on LocalStack: the part that the free edition creates. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { packageInfra } from "../package/stack.ts";
import { type Answer, callForm, callJson } from "./aws.ts";
import { type Part, partOf } from "./part.ts";
import { createStack, resourcesOf } from "./stacks.ts";

/** With the reason. */
const LEFT_OUT: Record<string, string> = {
  "AWS::EC2::SecurityGroupEgress": "not emulated by LocalStack 4.13",
  "AWS::RDS::DBInstance": "not in the free edition",
  "AWS::RDS::DBParameterGroup": "not in the free edition",
  "AWS::RDS::DBSubnetGroup": "not in the free edition",
  "AWS::ElastiCache::ReplicationGroup": "not in the free edition",
  "AWS::ElastiCache::ParameterGroup": "not in the free edition",
  "AWS::ElastiCache::SubnetGroup": "not in the free edition",
};
const STAGE = "infra";
const NAME = `weir-infra-${STAGE}`;

const { endpoint } = inject("localStack");

let folder: string;
let part: Part;
let stack: Answer;
let made: Map<string, Answer>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-infra-"));
  const { template } = await packageInfra(join(folder, "package"), "sqs", ["size=production"], STAGE);
  const types = Object.values(template.Resources).map(({ Type }) => Type);
  part = partOf(
    template,
    types.filter((type) => !(type in LEFT_OUT)),
  );
  stack = await createStack(endpoint, NAME, part);
  made = await resourcesOf(endpoint, NAME);
});
afterAll(async () => {
  await callForm(endpoint, "cloudformation", "DeleteStack", { StackName: NAME });
  await rm(folder, { recursive: true, force: true });
});

const physical = (resource: string): string => String(made.get(resource)?.PhysicalResourceId);

it("is created with the network, endpoints, secrets and parameters", () => {
  expect(stack.StackStatus, JSON.stringify(stack)).toBe("CREATE_COMPLETE");
  for (const [resource, { ResourceStatus, ResourceStatusReason }] of made) {
    // LocalStack reports unknown types as complete; only this field says that nothing was created.
    expect(ResourceStatusReason, resource).toBeUndefined();
    expect(ResourceStatus, resource).toBe("CREATE_COMPLETE");
  }
  expect([...made.keys()].sort()).toEqual(Object.keys(part.template.Resources).sort());
});

it("leaves the application its subnets and security group", async () => {
  const parameter = async (name: string): Promise<unknown> => {
    const { Parameter } = await callJson(endpoint, "ssm", "GetParameter", { Name: `/weir/${STAGE}/${name}` });
    return (Parameter as Answer).Value;
  };
  expect(await parameter("subnet-ids")).toBe(["SubnetA", "SubnetB", "SubnetC"].map(physical).join(","));
  expect(await parameter("security-group-ids")).toBe(physical("FunctionsGroup"));
});

it("makes the secret that migrate reads, and a password for Valkey", async () => {
  const read = async (SecretId: string): Promise<Record<string, string>> => {
    const { SecretString } = await callJson(endpoint, "secretsmanager", "GetSecretValue", { SecretId });
    return JSON.parse(String(SecretString));
  };
  const secret = await read(`weir/${STAGE}`);
  expect(Object.keys(secret)).toEqual(["databaseUrl", "databaseSecret", "redisUrl", "redisSecret"]);
  expect(new URL(secret.databaseUrl ?? "")).toMatchObject({
    port: "5432",
    pathname: "/weir",
    search: "?sslmode=verify-full",
    password: "",
  });
  const cache = await read(secret.redisSecret ?? "");
  expect(cache).toEqual({ password: expect.stringMatching(/^[A-Za-z0-9]{64}$/) });
});
