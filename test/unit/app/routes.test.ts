import { glob, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { refuse } from "../../../lib/app/fallback.ts";
import { operations } from "../../../lib/app/operations.ts";
import type { Operation } from "../../../lib/http/operation.ts";
import { Problem } from "../../../lib/http/problem.ts";

const PROJECT = new URL("../../..", import.meta.url).pathname;

// The package has no types.
const { load } = createRequire(import.meta.url)("js-yaml") as { load: (text: string) => unknown };

const functionsSchema = z.record(
  z.string(),
  z.object({ events: z.array(z.record(z.string(), z.unknown())).default([]) }),
);
/** A string refers to a file of functions, those of the queue, which have no routes. */
const serviceSchema = z.object({ functions: z.array(z.union([functionsSchema, z.string()])) });

async function deployedRoutes(): Promise<Record<string, unknown[]>> {
  const text = await readFile(new URL("../../../serverless.yml", import.meta.url), "utf8");
  const { functions } = serviceSchema.parse(load(text));
  const written = functions.flatMap((part) => (typeof part === "string" ? [] : Object.entries(part)));
  const routes = written.map(([name, { events }]) => [
    name,
    events.flatMap((event) => ("httpApi" in event ? [event.httpApi] : [])).sort(),
  ]);
  return Object.fromEntries(routes.filter(([, list]) => list?.length));
}

describe("the routes of serverless.yml", () => {
  it("are those of the contract, each with its function, and one for everything else", async () => {
    const wanted = Object.groupBy(Object.values(operations), (operation) => operation.function);
    const routes = Object.entries(wanted).map(([name, list]) => [
      name,
      [...list.map(({ method, path }) => `${method} ${path}`), ...(name === "web" ? ["*"] : [])].sort(),
    ]);
    expect(await deployedRoutes()).toEqual(Object.fromEntries(routes));
  });

  it("come from contracts that are all in the list of operations", async () => {
    const listed = new Set(Object.values(operations));
    const missing: string[] = [];
    for await (const path of glob("lib/**/*contract.ts", { cwd: PROJECT })) {
      const contract: Record<string, unknown> = await import(`../../../${path}`);
      for (const [name, value] of Object.entries(contract))
        if (
          typeof value === "object" &&
          value !== null &&
          "function" in value &&
          !listed.has(value as Operation)
        )
          missing.push(`${path} ${name}`);
    }
    expect(missing).toEqual([]);
  });

  it("are each served by their function", async () => {
    for (const [id, operation] of Object.entries(operations)) {
      const text = await readFile(join(PROJECT, `functions/${operation.function}.ts`), "utf8");
      expect(text, `functions/${operation.function}.ts`).toMatch(new RegExp(`serve\\((?:\\w+\\.)?${id}\\b`));
    }
  });

  it("are unique", () => {
    const routes = Object.values(operations).map(({ method, path }) => `${method} ${path}`);
    expect(routes).toEqual([...new Set(routes)]);
  });
});

describe("an unknown path or method", () => {
  const refusal = (method: string, path: string): Problem => {
    try {
      return refuse({ method, path });
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  };

  it.each([
    ["DELETE", "/v1/events", "GET, POST"],
    ["PUT", "/v1/events/export", "GET"],
    ["PUT", "/v1/clients/demo", "GET, PATCH"],
    ["GET", "/v1/clients/demo/keys/k1", "DELETE"],
    ["HEAD", "/openapi.json", "GET"],
    ["POST", "/docs/errors/conflict", "GET"],
  ])("is answered with 405 and Allow: %s %s", (method, path, allow) => {
    expect(refusal(method, path)).toMatchObject({ status: 405, headers: { allow } });
  });

  it.each(["//", "/v1", "/v1/event", "/v1/events/", "/v1/events/a/b", "/openapi-json", "/v1/clients//keys"])(
    "is answered with 404: %s",
    (path) => {
      expect(refusal("PUT", path)).toMatchObject({ status: 404, code: "not-found" });
    },
  );
});
