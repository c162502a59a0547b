import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { openApiDocument } from "../../../lib/app/openapi.ts";
import { openApiText } from "../../../lib/app/openapi-text.ts";
import { operations } from "../../../lib/app/operations.ts";
import { resolveResponses } from "../../support/http/api-document.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";

const REDOCLY = new URL("../../../node_modules/@redocly/cli/bin/cli.js", import.meta.url).pathname;

interface DescribedOperation {
  operationId: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: { in: string; name: string; required?: boolean }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<
    string,
    { description: string; headers: Record<string, unknown>; content?: Record<string, unknown> }
  >;
}

/** The document that a reader gets, after serialization. */
const document: { paths: Record<string, Record<string, DescribedOperation>>; tags: { name: string }[] } =
  resolveResponses(JSON.parse(openApiText));

const described = (operationId: string): DescribedOperation => {
  const found = Object.values(document.paths)
    .flatMap((path) => Object.values(path))
    .find((operation) => operation.operationId === operationId);
  if (!found) throw new Error(`The document has no operation ${operationId}.`);
  return found;
};

const codesOf = (operationId: string, status: number): string[] =>
  [...(described(operationId).responses[status]?.description.matchAll(/`([a-z-]+)`/g) ?? [])].map(
    ([, code]) => code ?? "",
  );

describe("the OpenAPI document", () => {
  it("passes Redocly's linter without an error", async () => {
    const folder = await tempFolder("openapi");
    await writeFile(join(folder, "openapi.json"), openApiText);
    const lint = promisify(execFile)(process.execPath, [REDOCLY, "lint", "openapi.json", "--format=json"], {
      cwd: folder,
      env: { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    });
    const { stdout } = await lint.catch((error: { stdout: string }) => error);
    const { problems } = JSON.parse(stdout) as { problems: { severity: string; ruleId: string }[] };
    expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  });

  it("describes each response that operations share once, and only such that some operation has", () => {
    const { components } = JSON.parse(openApiText);
    const { MethodNotAllowed: _unused, ...shared } = components.responses as Record<string, object>;
    const texts = Object.values(shared).map((response) => JSON.stringify(response));
    expect(new Set(texts).size).toBe(texts.length);
    for (const name of Object.keys(shared))
      expect(openApiText).toContain(`"$ref":"#/components/responses/${name}"`);
  });

  it("contains nothing that JSON would drop", () => {
    const holes: string[] = [];
    const look = (value: unknown, path: string): void => {
      if (value === undefined) holes.push(path);
      if (typeof value === "object" && value !== null)
        for (const [key, member] of Object.entries(value)) look(member, `${path}/${key}`);
    };
    look(openApiDocument(), "");
    expect(holes).toEqual([]);
    expect(openApiText).not.toMatch(/undefined|\[object/);
  });

  it.each(Object.entries(operations))("has %s, with its scopes, parameters and answers", (id, operation) => {
    const found = document.paths[operation.path]?.[operation.method.toLowerCase()];
    expect(found?.operationId).toBe(id);
    expect(document.tags.map(({ name }) => name)).toContain(found?.tags[0]);
    const schemes = operation.bearer ? ["ApiKeyAuth", "BearerAuth"] : ["ApiKeyAuth"];
    expect(found?.security).toEqual(
      operation.scopes.flatMap((scope) => schemes.map((scheme) => ({ [scheme]: [scope] }))),
    );
    const names = (place: string): string[] =>
      (found?.parameters ?? []).filter((parameter) => parameter.in === place).map(({ name }) => name);
    expect(names("path")).toEqual([...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    expect(names("query")).toEqual(Object.keys(operation.query?.shape ?? {}));
    expect(found?.requestBody === undefined).toBe(operation.body === undefined);
    for (const status of Object.keys(operation.responses)) expect(found?.responses).toHaveProperty(status);
    for (const response of Object.values(found?.responses ?? {}))
      expect(response.headers).toHaveProperty("X-Request-Id");
  });

  it("has no other operations", () => {
    const paths = Object.values(document.paths);
    expect(paths.flatMap((path) => Object.keys(path))).toHaveLength(Object.keys(operations).length);
  });

  it("names the problems of a call by status, and its headers", () => {
    expect(codesOf("sendEvents", 422)).toEqual(["invalid-body", "no-valid-events"]);
    expect(codesOf("sendEvents", 503)).toEqual([
      "queue-full",
      "queue-unavailable",
      "database-unavailable",
      "overloaded",
    ]);
    expect(codesOf("listEvents", 400)).toEqual(["invalid-parameter"]);
    expect(codesOf("getLiveness", 401)).toEqual([]);
    const { responses } = described("sendEvents");
    expect(responses[429]?.headers).toHaveProperty("Retry-After");
    expect(responses[202]?.headers).toHaveProperty("RateLimit");
    expect(responses[401]?.headers).toHaveProperty("WWW-Authenticate");
    expect(responses[401]?.headers).not.toHaveProperty("RateLimit");
    expect(described("listClients").responses[200]?.headers).toHaveProperty("Link");
    expect(described("createClient").responses[201]?.headers).toHaveProperty("Location");
  });

  it("lists every media type, and which answers have no body", () => {
    expect(Object.keys(described("sendEvents").requestBody?.content ?? {})).toEqual([
      "application/json",
      "application/x-ndjson",
      "application/cloudevents+json",
      "application/cloudevents-batch+json",
    ]);
    expect(Object.keys(described("sendLogs").requestBody?.content ?? {})).toEqual([
      "application/json",
      "application/x-protobuf",
    ]);
    expect(Object.keys(described("sendLogs").responses[400]?.content ?? {})).toEqual([
      "application/json",
      "application/x-protobuf",
      "application/problem+json",
    ]);
    expect(Object.keys(described("getErrorPage").responses[200]?.content ?? {})).toEqual([
      "text/markdown",
      "text/html",
    ]);
    expect(described("revokeKey").responses[204]).not.toHaveProperty("content");
  });
});
