/** CONTRIBUTING's steps for a new endpoint suffice, and the tests that it names detect each missing step. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { before, checkTypes, copyProject, PROJECT, runNode, type Step } from "../../support/project-copy.ts";

const TESTS = ["test/unit/app/routes.test.ts", "test/unit/app/openapi.test.ts"];
const COPIED = [
  "lib",
  "functions",
  "serverless.yml",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
  "test/support",
  ...TESTS,
];

const CONTRACT = `import * as z from "zod";
import { operation } from "../http/operation.ts";

export const getGreeting = operation({
  method: "GET",
  path: "/v1/greetings/{name}",
  function: "health",
  summary: "Greet somebody",
  scopes: ["read"],
  params: z.object({ name: z.string().max(100) }),
  responses: { 200: z.object({ text: z.string() }) },
});
`;
const USE_CASE = `import type { Call } from "../http/call.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import type { Database } from "../postgres/client.ts";
import type { getGreeting } from "./greeting-contract.ts";

export const greet = async ({ params }: Call<{ sql: Database }, typeof getGreeting>): Promise<ApiResponse> =>
  json(200, { text: params.name });
`;

const STEPS: Step[] = [
  ["contract", "lib/health/greeting-contract.ts", () => CONTRACT],
  [
    "list of operations",
    "lib/app/operations.ts",
    (text) =>
      before(
        "import * as health",
        'import * as greeting from "../health/greeting-contract.ts";\n',
      )(before("    health,\n", "    greeting,\n")(text)),
  ],
  ["use case", "lib/health/greeting.ts", () => USE_CASE],
  [
    "function",
    "functions/health.ts",
    (text) =>
      before(
        "import { healthHistory",
        'import { greet } from "../lib/health/greeting.ts";\nimport * as greeting from "../lib/health/greeting-contract.ts";\n',
      )(before("  serve(contract.getHealth,", "  serve(greeting.getGreeting, greet),\n")(text)),
  ],
  [
    "route",
    "serverless.yml",
    before("        - httpApi: GET /health\n", "        - httpApi: GET /v1/greetings/{name}\n"),
  ],
  ["tag", "lib/app/openapi.ts", before('  health: "Health",\n', '  greetings: "Health",\n')],
];

const copyWithout = (missing: string): Promise<string> => copyProject(COPIED, STEPS, missing);

const runTests = (cwd: string) =>
  runNode(cwd, "node_modules/vitest/vitest.mjs", "run", "--project=unit", ...TESTS);

it("the steps for an endpoint suffice", async () => {
  const folder = await copyWithout("nothing");
  const { code, output } = await runTests(folder);
  expect(code, output).toBe(0);
  expect(await checkTypes(folder, ["functions"])).toMatchObject({ code: 0, output: "" });
});

it.each(["list of operations", "function", "route", "tag"])("a missing %s is detected", async (missing) => {
  const { code, output } = await runTests(await copyWithout(missing));
  expect(code, output).toBe(1);
  expect(output).toMatch(/greeting/i);
});

it("each file that CONTRIBUTING names exists", async () => {
  const text = await readFile(join(PROJECT, "CONTRIBUTING.md"), "utf8");
  const named = [...text.matchAll(/`((?:lib|test|functions|serverless|docs|bench|bin)\/[\w./-]+)`/g)].map(
    ([, path]) => path ?? "",
  );
  expect(named.length).toBeGreaterThan(10);
  for (const path of named)
    await expect(
      readFile(join(PROJECT, path)).catch((error) => error.code),
      path,
    ).resolves.not.toBe("ENOENT");
});
