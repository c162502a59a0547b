/** The programs of docs/webhooks.md, run as they are on the page, except for the address. */
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { mustRun } from "../support/command.ts";
import { STRIPE_SECRET } from "../support/http/webhooks.ts";
import { type System, testSystem } from "../support/servers/system.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const page = await readFile(new URL("../../docs/webhooks.md", import.meta.url), "utf8");
const [github = "", stripe = "", standard = "", proof = "", ...others] = [
  ...page.matchAll(/^```js\n([\s\S]*?)^```/gm),
].map(([, program]) => program ?? "");

let system: System;
const secrets: Record<string, string> = {};
beforeAll(async () => {
  system = await testSystem();
  const key = system.stack.adminKey;
  for (const [source, kind] of [
    ["github-main", "github"],
    ["stripe-main", "stripe"],
    ["orders", "standard"],
  ] as const) {
    // biome-ignore format: one line
    const body = { source, kind, ...(kind === "stripe" && { secret: STRIPE_SECRET }) };
    const made = await system.api.call("POST", "/v1/clients/demo/webhooks", { key, body });
    expect(made.status, made.text).toBe(201);
    secrets[source] = made.body.secret;
  }
});

/** Runs a program with a source's secret. @returns what it prints */
const run = (program: string, source: string): Promise<string> =>
  mustRun(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      program.replaceAll("http://127.0.0.1:3000", new URL("/", system.stack.url).origin),
    ],
    {
      cwd: PROJECT,
      env: { ...process.env, SECRET: secrets[source], WHSEC: secrets[source], WEIR_KEY: system.stack.apiKey },
    },
  );

describe("docs/webhooks.md", () => {
  it.each([
    ["github-main", github],
    ["stripe-main", stripe],
    ["orders", standard],
  ])("has five lines that deliver to %s", async (source, program) => {
    expect(await run(program, source)).toMatch(/accepted: 1,\s+duplicates: 0/);
    expect(
      program
        .trim()
        .split("\n")
        .filter((line) => line !== "").length,
    ).toBeLessThanOrEqual(5);
  });

  it("has a program that proves what was stored, and no other that is not run", async () => {
    await expect
      .poll(async () => (await system.get("/v1/events/msg_1")).status, { timeout: 45_000 })
      .toBe(200);
    expect(await run(proof, "orders")).toContain("order.placed");
    expect(others).toEqual([]);
  });
});
