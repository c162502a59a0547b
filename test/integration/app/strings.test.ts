/** No module makes the methods of strings slower: docs/decisions/0054. */
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { mustRun } from "../../support/command.ts";

const PROJECT = new URL("../../../", import.meta.url);

/** Prints whether V8 finds methods of strings fast, with the modules and after what slows them down. */
const program = (modules: readonly string[]): string => `
  for (const module of ${JSON.stringify(modules)}) await import(module);
  const isFast = %HasFastProperties(String.prototype);
  class Derived extends String {}
  console.log(JSON.stringify([isFast, %HasFastProperties(String.prototype)]));
  process.exit();`;

test("no function, and no package that they depend on, slows down the methods of strings", async () => {
  const functions = (await readdir(new URL("functions", PROJECT))).map((file) => `./functions/${file}`);
  const { dependencies } = JSON.parse(await readFile(new URL("package.json", PROJECT), "utf8"));
  const modules = [...functions, "./serve/api.ts", "./serve/background.ts", ...Object.keys(dependencies)];
  const env = { ...process.env, DATABASE_URL: "postgres://localhost/none", REDIS_URL: "redis://localhost" };
  const output = await mustRun(
    process.execPath,
    ["--allow-natives-syntax", "--input-type=module", "--eval", program(modules)],
    { cwd: PROJECT.pathname, env },
  );
  // If the second is true too, V8 has changed, and the patch is no longer needed.
  expect(JSON.parse(output)).toEqual([true, false]);
});
