import { describe, expect, it } from "vitest";
import { loadConfig } from "../../../lib/config/config.ts";
import { loadLocalConfig, loadSystemConfig } from "../../../lib/config/local.ts";
import { isLocalUrl } from "../../../lib/config/local-url.ts";

const servers = { DATABASE_URL: "postgres://db/weir", REDIS_URL: "redis://cache" };
const queueUrl = "https://sqs.eu-central-1.amazonaws.com/123456789012/weir";

describe("a function's settings", () => {
  it("have no SQS with QUEUE=redis, whatever else is set", () => {
    const config = loadConfig({ ...servers, SQS_QUEUE_URL: queueUrl });
    expect(config).toMatchObject({ queue: "redis", sqs: undefined });
  });

  it("need the queue's URL with QUEUE=sqs, reported together with all other faults", () => {
    const load = (): unknown => loadConfig({ QUEUE: "sqs", REDIS_URL: "redis://cache", RETENTION_DAYS: "x" });
    expect(load).toThrow(/SQS_QUEUE_URL: is required with QUEUE=sqs/);
    expect(load).toThrow(/DATABASE_URL: is not set/);
    expect(load).toThrow(/RETENTION_DAYS: /);
  });

  it("have the sizes and deliveries that suit SQS", () => {
    const sqs = { QUEUE: "sqs", SQS_QUEUE_URL: queueUrl, AWS_REGION: "eu-central-1" };
    expect(loadConfig({ ...servers, ...sqs })).toMatchObject({
      queueMaxDeliveries: 100,
      sqs: { queueUrl, endpoint: undefined, region: "eu-central-1", messageBytes: 262_144 },
    });
    expect(loadConfig(servers).queueMaxDeliveries).toBe(5);
    const tooLarge = { ...servers, ...sqs, SQS_MESSAGE_BYTES: "1048577" };
    expect(() => loadConfig(tooLarge)).toThrow(/SQS_MESSAGE_BYTES/);
  });
});

it("the command line administers a system whose queue and bucket are elsewhere", () => {
  const env = {
    ...servers,
    QUEUE: "sqs",
    SQS_QUEUE_URL: queueUrl,
    AUDIT_CHECKPOINT_BUCKET: "weir-checkpoints",
  };
  expect(loadSystemConfig(env)).toMatchObject({
    databaseUrl: servers.DATABASE_URL,
    redisUrl: servers.REDIS_URL,
  });
  expect(() => loadSystemConfig({ REDIS_URL: "x" })).toThrow(/REDIS_URL/);
});

describe("a local system", () => {
  it.each(["SQS_ENDPOINT", "SQS_QUEUE_URL"])("refuses a remote %s unless it is allowed", (name) => {
    const env = { QUEUE: "sqs", [name]: queueUrl };
    expect(() => loadLocalConfig(env)).toThrow(
      new RegExp(`${name}: is not on this machine.*WEIR_ALLOW_REMOTE_QUEUE=true`),
    );
    expect(loadLocalConfig({ ...env, WEIR_ALLOW_REMOTE_QUEUE: "true" })).toMatchObject({ queue: "sqs" });
    expect(loadLocalConfig({ [name]: queueUrl })).toMatchObject({ queue: "redis" });
  });

  it.each([
    "http://localhost:4566",
    "http://127.0.0.1:4566",
    "http://127.1.2.3",
    "http://[::1]:4566",
    "http://host.docker.internal:4566",
    "http://sqs.us-east-1.localhost.localstack.cloud:4566/000000000000/weir",
  ])("considers %s local", (url) => {
    expect(isLocalUrl(url)).toBe(true);
    expect(loadLocalConfig({ QUEUE: "sqs", SQS_ENDPOINT: url }).sqsEndpoint).toBe(url);
  });

  it.each([
    queueUrl,
    "http://localhost.example.com",
    "http://127.0.0.1.example.com",
    "http://10.0.0.1:4566",
    "http://localhost@sqs.eu-central-1.amazonaws.com",
    "http://evil-localhost.localstack.cloud.example.com",
  ])("does not consider %s local", (url) => {
    expect(isLocalUrl(url)).toBe(false);
  });
});
