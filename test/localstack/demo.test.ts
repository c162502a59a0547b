/** The complete system with LocalStack as its queue: every event of the demo's data is stored once. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inject, it } from "vitest";
import { testStack } from "../support/servers/stack.ts";
import { callJson } from "./aws.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const EVENTS = 21_707;

const { endpoint, queueUrl } = inject("localStack");

it("stores the demo's events once over the queue that localstack/ready.d created, and a second run adds nothing", async () => {
  const stack = await testStack({}, { queue: "sqs", sqsEndpoint: endpoint, sqsQueueUrl: queueUrl });
  const get = async (path: string): Promise<Record<string, unknown>> => {
    const response = await fetch(`${stack.url}${path}`, { headers: { "x-api-key": stack.apiKey } });
    return (await response.json()) as Record<string, unknown>;
  };
  const demo = async (): Promise<string> => {
    const words = ["run", "demo", "--", "--url", stack.url, "--key", stack.apiKey];
    return (await run("npm", words, { cwd: ROOT })).stdout;
  };
  expect(await demo()).not.toContain("added nothing");
  expect(await get("/v1/analytics/count")).toMatchObject({ count: EVENTS });
  expect(await demo()).toContain("added nothing");
  expect(await get("/v1/analytics/count")).toMatchObject({ count: EVENTS });
  expect(await get("/health")).toMatchObject({ status: "ok", checks: { queue: { status: "up" } } });

  // The queue is empty, and it has no dead letters.
  const waiting = async (url: string): Promise<number> => {
    const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    const { Attributes } = await callJson(endpoint, "sqs", "GetQueueAttributes", {
      QueueUrl: url,
      AttributeNames,
    });
    return Object.values(Attributes as Record<string, string>).reduce((sum, value) => sum + Number(value), 0);
  };
  await expect.poll(() => waiting(queueUrl), { timeout: 45_000 }).toBe(0);
  expect(await waiting(`${queueUrl}-dead`)).toBe(0);
}, 300_000);
