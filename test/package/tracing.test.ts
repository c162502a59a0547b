/** The parameters for traces, in the package of a stage. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installCfnLint, lint } from "./cfn-lint.ts";
import { ofType, PROJECT, packageStack, type Template } from "./stack.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-tracing-"));
  await installCfnLint(PROJECT);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("tracing", () => {
  const LAYER = "arn:aws:lambda:us-east-1:615299751070:layer:AWSOpenTelemetryDistroJs:15";
  const rolesWith = (template: Template): number =>
    ofType(template, "AWS::IAM::Role").filter(([, { Properties }]) =>
      JSON.stringify(Properties).includes("xray:"),
    ).length;

  it("is off by default", async () => {
    const { template } = await packageStack(join(folder, "untraced"), "prod", "sqs");
    for (const [name, { Properties }] of ofType(template, "AWS::Lambda::Function")) {
      expect(Properties.Environment.Variables, name).not.toHaveProperty("AWS_LAMBDA_EXEC_WRAPPER");
      expect([Properties.Layers, Properties.TracingConfig], name).toEqual([[], undefined]);
    }
    expect(rolesWith(template)).toBe(0);
  });

  it("gives each function the layer and X-Ray, with two actions in its role, if they are set", async () => {
    const params = [`otelLayer=${LAYER}`, "xray=true"];
    const { template, files } = await packageStack(join(folder, "traced"), "prod", "redis", params);
    const functions = ofType(template, "AWS::Lambda::Function");
    for (const [name, { Properties }] of functions)
      expect(Properties, name).toMatchObject({
        Layers: [LAYER],
        TracingConfig: { Mode: "Active" },
        Environment: { Variables: { AWS_LAMBDA_EXEC_WRAPPER: "/opt/otel-instrument" } },
      });
    expect(rolesWith(template)).toBe(functions.length);
    const Action = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];
    expect(template.Resources.IngestRole?.Properties.Policies).toContainEqual({
      PolicyName: "xray",
      PolicyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] },
    });
    expect(await lint(PROJECT, files)).toEqual([]);
  });
});
