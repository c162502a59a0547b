/** .env.example names each setting, with its default. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { functionVariables, loadConfig } from "../../../lib/config/config.ts";
import { loadServeConfig, serveVariables } from "../../../lib/config/serve.ts";

const text = readFileSync(new URL("../../../.env.example", import.meta.url), "utf8");
const shown = Object.fromEntries(
  [...text.matchAll(/^#([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name, value]) => [name, value]),
);

it("lists every setting", () => {
  expect(Object.keys(shown).toSorted()).toEqual(
    Object.keys({ ...functionVariables, ...serveVariables }).toSorted(),
  );
});

it("shows the defaults", () => {
  const { DATABASE_URL, REDIS_URL } = shown;
  expect(loadConfig(shown)).toEqual(loadConfig({ DATABASE_URL, REDIS_URL }));
  expect(loadServeConfig(shown)).toEqual(loadServeConfig({}));
});
