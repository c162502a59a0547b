/** The packaged stack on LocalStack: the part that the free edition creates without a container engine. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetBucketVersioningCommand, GetObjectLockConfigurationCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { standIn } from "../../lib/aws/endpoint.ts";
import { ofType, packageStack } from "../package/stack.ts";
import { type Answer, callForm, callJson } from "./aws.ts";
import { type Part, partOf } from "./part.ts";
import { createStack, listOf, resourcesOf } from "./stacks.ts";

const KEPT = [
  "AWS::SQS::Queue",
  "AWS::SQS::QueuePolicy",
  "AWS::IAM::Role",
  "AWS::Events::Rule",
  "AWS::Logs::LogGroup",
  "AWS::CloudWatch::Alarm",
  "AWS::SNS::Topic",
  "AWS::S3::Bucket",
  "AWS::S3::BucketPolicy",
  "AWS::SecretsManager::Secret",
];
/** With the reason. */
const LEFT_OUT: Record<string, string> = {
  "AWS::Lambda::Function": "needs a container engine, and Python 3.13",
  "AWS::Lambda::Version": "needs its function",
  "AWS::Lambda::Alias": "needs its function",
  "AWS::Lambda::EventSourceMapping": "needs its function",
  "AWS::Lambda::EventInvokeConfig": "needs its function",
  "AWS::Lambda::Permission": "needs its function",
  "AWS::CloudFormation::CustomResource": "calls a function",
  "AWS::ApiGatewayV2::Api": "not in the free edition",
  "AWS::ApiGatewayV2::Stage": "not in the free edition",
  "AWS::ApiGatewayV2::Integration": "not in the free edition",
  "AWS::ApiGatewayV2::Route": "not in the free edition",
  "AWS::CloudWatch::Dashboard": "not emulated by LocalStack 4.13",
};
const STAGE = "dev";
const PARAMETERS = ["subnet-ids", "security-group-ids"];

const { endpoint } = inject("localStack");
const form = (service: "cloudformation" | "iam", action: string, values?: Record<string, string>) =>
  callForm(endpoint, service, action, values);
const json = (service: "events" | "logs" | "sqs" | "ssm", action: string, values?: Answer) =>
  callJson(endpoint, service, action, values);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-stack-"));
  // The administrator creates it before the first deployment (docs/operations.md).
  for (const name of PARAMETERS)
    await json("ssm", "PutParameter", { Name: `/weir/${STAGE}/${name}`, Type: "String", Value: "local-1" });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(["sqs", "redis"])("the stack with QUEUE=%s", (queue) => {
  const name = `weir-${queue}`;
  let part: Part;
  let stack: Answer;
  let made: Map<string, Answer>;

  beforeAll(async () => {
    const { template } = await packageStack(join(folder, queue), STAGE, queue, ["auditBucket=stack"]);
    part = partOf(template, KEPT);
    stack = await createStack(endpoint, name, part);
    made = await resourcesOf(endpoint, name);
  });
  afterAll(() => form("cloudformation", "DeleteStack", { StackName: name }));

  const physical = (resource: string): string => String(made.get(resource)?.PhysicalResourceId);

  it("omits the resources that are known to be unsupported, and no other", () => {
    for (const [type, count] of Object.entries(part.leftOut))
      console.log(`Left out with QUEUE=${queue}: ${count} × ${type} (${LEFT_OUT[type] ?? "?"})`);
    expect(Object.keys(part.leftOut).filter((type) => !(type in LEFT_OUT))).toEqual([]);
  });

  it("is created with every other resource", () => {
    expect(stack.StackStatus, JSON.stringify(stack)).toBe("CREATE_COMPLETE");
    expect([...made.keys()].sort()).toEqual(Object.keys(part.template.Resources).sort());
    for (const [resource, { ResourceStatus, ResourceStatusReason, ResourceType }] of made) {
      // LocalStack reports unknown types as complete; only this field says that nothing was created.
      expect(ResourceStatusReason, resource).toBeUndefined();
      expect(ResourceStatus, resource).toBe("CREATE_COMPLETE");
      expect(ResourceType, resource).toBe(part.template.Resources[resource]?.Type);
    }
  });

  it("has each function's role with its policies, which Lambda may assume", async () => {
    const roles = ofType(part.template, "AWS::IAM::Role");
    expect(roles.length).toBeGreaterThan(5);
    for (const [resource, { Properties }] of roles) {
      const RoleName = physical(resource);
      const { Role } = await form("iam", "GetRole", { RoleName });
      const trust = decodeURIComponent(String((Role as Answer).AssumeRolePolicyDocument));
      expect(JSON.parse(trust), resource).toEqual(Properties.AssumeRolePolicyDocument);
      const { PolicyNames } = await form("iam", "ListRolePolicies", { RoleName });
      const names = Properties.Policies.map(({ PolicyName }: Answer) => PolicyName).filter(Boolean);
      expect(listOf(PolicyNames).sort(), resource).toEqual(names.sort());
    }
  });

  it("has its schedules, each with its function as the target", async () => {
    const rules = ofType(part.template, "AWS::Events::Rule");
    expect(rules.length).toBeGreaterThanOrEqual(2);
    for (const [resource, { Properties }] of rules) {
      const Name = physical(resource).replace(/^.*[/|]/, "");
      expect(await json("events", "DescribeRule", { Name })).toMatchObject({
        ScheduleExpression: Properties.ScheduleExpression,
        State: "ENABLED",
      });
      const { Targets } = await json("events", "ListTargetsByRule", { Rule: Name });
      expect(Targets).toMatchObject(Properties.Targets);
    }
  });

  it("has the log groups, though LocalStack 4.13 does not set their retention", async () => {
    const { logGroups } = await json("logs", "DescribeLogGroups");
    const groups = (logGroups as Answer[]).map(({ logGroupName }) => logGroupName);
    for (const [, { Properties }] of ofType(part.template, "AWS::Logs::LogGroup"))
      expect(groups).toContain(Properties.LogGroupName);
  });

  it("has the bucket for checkpoints, with object lock", async () => {
    const Bucket = physical("CheckpointBucket");
    const client = new S3Client({ region: "us-east-1", forcePathStyle: true, ...standIn(endpoint) });
    const { ObjectLockConfiguration } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration?.ObjectLockEnabled).toBe("Enabled");
    const { Status } = await client.send(new GetBucketVersioningCommand({ Bucket }));
    expect(Status).toBe("Enabled");
    client.destroy();
  });

  it.runIf(queue === "sqs")(
    "has the queue that localstack/ready.d makes, and its dead-letter queue",
    async () => {
      const attributes = async (QueueUrl: string): Promise<Answer> => {
        const answer = await json("sqs", "GetQueueAttributes", { QueueUrl, AttributeNames: ["All"] });
        return answer.Attributes as Answer;
      };
      const ours = await attributes(inject("localStack").queueUrl);
      const theirs = await attributes(physical("EventsQueue"));
      for (const name of ["VisibilityTimeout", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds"])
        expect(theirs[name], name).toBe(ours[name]);
      const redrive = (of: Answer): Answer => JSON.parse(String(of.RedrivePolicy));
      expect(String(redrive(theirs).maxReceiveCount)).toBe(String(redrive(ours).maxReceiveCount));
      const dead = await attributes(physical("DeadLetterQueue"));
      expect(redrive(theirs).deadLetterTargetArn).toBe(dead.QueueArn);
      expect(dead.QueueArn).toBe(`arn:aws:sqs:us-east-1:000000000000:weir-${STAGE}-events-dead`);
    },
  );
});

it("does not create the HTTP API, although it reports the stack as created", async () => {
  const { template } = await packageStack(join(folder, "api"), STAGE, "redis");
  expect(await createStack(endpoint, "weir-api", partOf(template, ["AWS::ApiGatewayV2::Api"]))).toMatchObject(
    {
      StackStatus: "CREATE_COMPLETE",
    },
  );
  const api = (await resourcesOf(endpoint, "weir-api")).get("HttpApi");
  expect(api?.ResourceStatusReason).toContain("is not supported");
});
