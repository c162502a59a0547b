/** The SDK as npm would publish it: what `npm pack` puts into the archive, checked as its users see it. */
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { beforeAll, describe, expect, it } from "vitest";
import { generateSdk } from "../../../bin/sdk/generate.ts";
import { version } from "../../../lib/base/version.ts";
import { mustRun, run } from "../../support/command.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const SDK = join(ROOT, "sdk/typescript");
const require = createRequire(import.meta.url);
const env = { ...process.env };

/** A project that has installed the archive. */
let project: string;
let archive: string;
let installed: string;
beforeAll(async () => {
  const source = await tempFolder("sdk-source");
  for (const file of ["package.json", "README.md"]) await cp(join(SDK, file), join(source, file));
  await cp(join(ROOT, "LICENSE"), join(source, "LICENSE"));
  await mustRun(process.execPath, [join(ROOT, "bin/sdk/build.ts"), join(source, "dist")], { cwd: ROOT, env });
  project = await tempFolder("sdk-project");
  await mustRun("npm", ["pack", "--ignore-scripts", "--pack-destination", project], { cwd: source, env });
  archive = join(project, `weir-client-${version}.tgz`);
  installed = join(project, "node_modules/@weir/client");
  await mkdir(installed, { recursive: true });
  await mustRun("tar", ["-xzf", archive, "--strip-components=1", "-C", installed], { cwd: project, env });
  await writeFile(join(project, "package.json"), '{ "type": "module" }');
});

it.each(Object.entries(await generateSdk()))("%s is what the OpenAPI document says", async (name, text) => {
  expect(await readFile(join(SDK, "src", name), "utf8"), "Run `npm run sdk:types`.").toBe(text);
});

describe("the archive", () => {
  it("has the version of Weir, no dependencies, the licence and nothing but the build", async () => {
    const description = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    expect(description.version).toBe(version);
    expect(Object.keys(description).filter((name) => /dependencies/i.test(name))).toEqual([]);
    const names = (await mustRun("tar", ["-tzf", archive], { cwd: project, env })).trim().split("\n");
    expect(names.filter((name) => !name.startsWith("package/dist/")).toSorted()).toEqual([
      "package/LICENSE",
      "package/README.md",
      "package/package.json",
    ]);
  });

  it("has no faults that publint finds", async () => {
    const description = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    const { messages } = await publint({ pkgDir: installed, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, description))).toEqual([]);
  });

  it("has types that every kind of import finds", async () => {
    const attw = join(require.resolve("@arethetypeswrong/cli/package.json"), "../dist/index.js");
    // Without CommonJS, as the package has none.
    const { code, output } = await run(process.execPath, [attw, archive, "--profile", "esm-only"], {
      cwd: project,
      env,
    });
    expect(code, output).toBe(0);
  });

  it.each(["nodenext", "bundler"])("type-checks with module resolution %s", async (resolution) => {
    await writeFile(
      join(project, "use.ts"),
      `import { createWeirClient, Sender, type Delivery } from "@weir/client";
       const weir = createWeirClient({ url: "http://weir.example" });
       export const count: number = (await weir.countEvents({ query: { event_type: ["a"] } })).count;
       export const csv: string = await weir.exportEvents({ query: { format: "csv" } });
       export const none: undefined = await weir.revokeKey({ path: { client_id: "c", key_id: "k" } });
       export const sent: Delivery = await new Sender({ url: "" }).send({ event_type: "t", payload: {} });
       // @ts-expect-error The path is missing.
       await weir.getEvent();
       // @ts-expect-error There is no such parameter.
       await weir.countEvents({ query: { color: "red" } });`,
    );
    const module = resolution === "bundler" ? "esnext" : resolution;
    const words = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom", "--types", ""];
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const { code, output } = await run(
      process.execPath,
      [tsc, ...words, "--module", module, "--moduleResolution", resolution, "use.ts"],
      { cwd: project, env },
    );
    expect(code, output).toBe(0);
  });

  it("needs nothing of Node in a browser's bundle, and uses it on Node", async () => {
    const entry = { contents: `export * from "@weir/client";`, resolveDir: project };
    const bundle = async (platform: "browser" | "node"): Promise<string> => {
      const options = { bundle: true, write: false, format: "esm", minify: true } as const;
      // A browser's bundle with an import of Node fails.
      const { outputFiles } = await build({ stdin: entry, platform, ...options, logLevel: "silent" });
      return outputFiles[0]?.text ?? "";
    };
    const [browser, node] = [await bundle("browser"), await bundle("node")];
    expect(browser).not.toMatch(/node:|\bprocess\b/);
    expect(browser).toContain("visibilitychange");
    expect(node).toContain("node:process");
  });
});
