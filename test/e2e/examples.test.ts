/**
 * Runs the examples of the guides, in each language with a client of its own, against the complete system, and compares what
 * they print with what the guides show. With UPDATE_EXAMPLES=1 it writes the guides instead.
 */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import {
  comparable,
  type Ending,
  type Example,
  exampleFile,
  examplesOf,
  fillGuide,
  guideFile,
  LANGUAGES,
  listGuides,
  programsOf,
} from "../../bin/docs/examples.ts";
import { mustRun, run } from "../support/command.ts";
import { type System, testSystem } from "../support/servers/system.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const isUpdating = process.env.UPDATE_EXAMPLES === "1";

const COMMANDS: Readonly<Record<Ending, string>> = { sh: "bash", ts: process.execPath, py: "python3" };
/** The languages whose programs this machine can run. */
const endings: Ending[] = [];
for (const ending of Object.keys(LANGUAGES) as Ending[]) {
  const needed = ending === "sh" ? "curl" : COMMANDS[ending];
  const { code } = await run(needed, ["--version"], { cwd: PROJECT, env: process.env }).catch(() => ({
    code: 1,
  }));
  if (code === 0) endings.push(ending);
  else console.log(`Not run, since ${needed} is missing: the examples in ${LANGUAGES[ending]}.`);
}

const guides = await Promise.all(
  (await listGuides()).map(async (name) => ({ name, text: await readFile(guideFile(name), "utf8") })),
);

const isOther = (one: string, other = ""): boolean => comparable(one) !== comparable(other);

describe.each(guides)("the guide $name", ({ text, name }) => {
  it("shows the programs as they are in docs/examples", async () => {
    if (isUpdating) return;
    const outputs = examplesOf(text).map(({ output }) => output);
    expect(await fillGuide(text, outputs), `UPDATE_EXAMPLES=1 npm test ${name}`).toBe(text);
    for (const [index, output] of outputs.entries()) expect(output, `example ${index}`).not.toBe("");
  });
});

describe("the examples", () => {
  let system: System;
  /** Where programs run: they find the SDK as an installed package. */
  let folder: string;
  beforeAll(async () => {
    system = await testSystem();
    folder = await tempFolder("examples");
    await mkdir(join(folder, "node_modules", "@weir"), { recursive: true });
    const sdk = join(PROJECT, "sdk", "typescript");
    await mkdir(join(folder, "node_modules", "@weir", "client"));
    await writeFile(
      join(folder, "node_modules", "@weir", "client", "package.json"),
      JSON.stringify({ name: "@weir/client", type: "module", exports: "./index.js" }),
    );
    await writeFile(
      join(folder, "node_modules", "@weir", "client", "index.js"),
      `export * from ${JSON.stringify(join(sdk, "src", "node.ts"))};\n`,
    );
    await writeFile(join(folder, "package.json"), '{"type":"module"}');
  });

  const settled = async (): Promise<void> =>
    expect
      .poll(async () => (await system.get("/v1/pipeline", system.stack.adminKey)).body.pending, {
        timeout: 30_000,
      })
      .toBe(0);

  /** Runs the examples of a guide one after the other. @returns what each printed; undefined where it has no program */
  async function runAll(examples: readonly Example[], ending: Ending): Promise<(string | undefined)[]> {
    const client = await system.newClient({ name: `examples in ${ending}` });
    const { secret } = await system.newKey(client, { scopes: ["ingest", "read", "audit"] });
    const printed: (string | undefined)[] = [];
    for (const { name } of examples) {
      const programs = await programsOf(name);
      if (!programs.has(ending)) {
        printed.push(undefined);
        continue;
      }
      const file = join(folder, `example.${ending}`);
      await copyFile(exampleFile(name, ending), file);
      const env = { ...process.env, WEIR_URL: system.stack.url, WEIR_KEY: secret };
      printed.push((await mustRun(COMMANDS[ending], [file], { cwd: folder, env })).trim());
      await settled();
    }
    return printed;
  }

  it.each(guides)("of $name print what it shows, in each language", async ({ name, text }) => {
    const examples = examplesOf(text);
    const outputs = examples.map(({ output }) => output);
    for (const ending of endings) {
      const printed = await runAll(examples, ending);
      if (isUpdating)
        for (const [index, own] of printed.entries())
          if (own !== undefined && isOther(own, outputs[index])) outputs[index] = own;
      const shown = outputs.map((output, index) =>
        printed[index] === undefined ? undefined : comparable(output),
      );
      expect(
        printed.map((own) => own && comparable(own)),
        ending,
      ).toEqual(shown);
    }
    if (isUpdating) await writeFile(guideFile(name), await fillGuide(text, outputs));
  });
});
