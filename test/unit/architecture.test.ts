/** Folders of `lib` import only folders below them, and SQL, SDKs and Lua are in the folders named for them. */
import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

/** From the lowest up; folders of one line may not import each other. */
const LAYERS = [
  ["base"],
  ["trail"],
  ["config"],
  ["aws", "postgres", "redis"],
  ["pending", "query"],
  ["queue"],
  ["storage"],
  ["http"],
  ["auth", "pages"],
  ["audit"],
  ["meters"],
  ["analytics", "clients", "quarantine"],
  ["erasure", "queries"],
  ["archive", "ingest"],
  ["events"],
  ["health"],
  ["doctor", "worker"],
  ["maintenance"],
  ["app"],
];

const LIB = normalize(new URL("../../lib/", import.meta.url).pathname);
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom "([^"]+)";/gm;

interface Module {
  path: string;
  text: string;
  imports: string[];
}

const modules: Module[] = [];
for await (const path of glob("**/*.ts", { cwd: LIB })) {
  const text = readFileSync(join(LIB, path), "utf8");
  const imports = [...text.matchAll(IMPORT)].map(([, name = ""]) =>
    name.startsWith(".") ? join(dirname(path), name) : name,
  );
  modules.push({ path, text, imports });
}

const folderOf = (path: string): string => path.split("/")[0] ?? "";
const layerOf = (path: string): number => LAYERS.findIndex((layer) => layer.includes(folderOf(path)));
const pathsWhere = (is: (module: Module) => boolean): string[] =>
  modules
    .filter(is)
    .map(({ path }) => path)
    .sort();

describe("the folders of lib", () => {
  it("are those on the list", () => {
    expect(new Set(modules.map(({ path }) => folderOf(path)))).toEqual(new Set(LAYERS.flat()));
  });

  it("import only folders below them", () => {
    const upward = modules.flatMap(({ path, imports }) =>
      imports
        .filter(
          (name) => layerOf(name) >= 0 && folderOf(name) !== folderOf(path) && layerOf(name) >= layerOf(path),
        )
        .map((name) => `${path} imports ${name}`),
    );
    expect(upward).toEqual([]);
  });

  it("import nothing outside lib", () => {
    expect(pathsWhere(({ imports }) => imports.some((name) => name.startsWith("..")))).toEqual([]);
  });

  it("have SQL only in sql/ and postgres/", () => {
    const isSql = /\bsql(?:<[^;(]*>)?`\s*\w|\btx(?:<[^;(]*>)?`\s*\w/;
    const elsewhere = pathsWhere(
      ({ path, text }) =>
        isSql.test(text) && !/(?:^|\/)(?:sql|postgres)\//.test(path) && path !== "query/sql.ts",
    );
    expect(elsewhere).toEqual([]);
  });

  it("have Lua only in lua/ and redis/", () => {
    const elsewhere = pathsWhere(
      ({ path, text }) => /redis\.call\(/.test(text) && !/(?:^|\/)(?:lua|redis)\//.test(path),
    );
    expect(elsewhere).toEqual([]);
  });

  it("import AWS SDKs only in the folders named for them", () => {
    const elsewhere = pathsWhere(
      ({ path, text }) =>
        /["(]@aws-sdk\//.test(text) && !/^(?:aws|queue\/sqs|audit\/checkpoint)\//.test(path),
    );
    expect(elsewhere).toEqual([]);
  });

  it("have at most 30 files each, and so have those of the tests", async () => {
    const counts = new Map<string, number>();
    for (const top of ["lib", "test"])
      for await (const path of glob(`${top}/**/*.ts`, { cwd: join(LIB, "..") }))
        counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect(counts.size).toBeGreaterThan(40);
    expect([...counts].filter(([, files]) => files > 30)).toEqual([]);
  });
});
