/**
 * esbuild plugins that make functions start faster: load time is text that V8 parses and code that runs before the handler
 * exists. docs/decisions/0022 has the figures.
 */
const { globSync, readdirSync, readFileSync, rmSync } = require("node:fs");
const { isBuiltin } = require("node:module");
const { gzipSync } = require("node:zlib");
const { join, parse } = require("node:path");
const { pathToFileURL } = require("node:url");

const PROJECT = join(__dirname, "..");
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * zod exports its messages in all languages as one member of `z`, so bundlers can't detect that they are unused: a third
 * of each bundle. The English messages are imported separately.
 */
const withoutZodLocales = {
  name: "without-zod-locales",
  setup(build) {
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      /[\\/]zod[\\/]/.test(importer) ? { path: "zod-locales", namespace: "left-out" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "export {};" }));
  },
};

/** The AWS SDK finds out with it which browser it runs in, and exports that from the module that clients for Node.js load. */
const withoutBrowserDetection = {
  name: "without-browser-detection",
  setup(build) {
    build.onResolve({ filter: /^bowser$/ }, () => ({ path: "bowser", namespace: "left-out" }));
  },
};

/**
 * When a built-in module is imported, Node wraps it and reads each of its members: those of `node:http` alone load an HTTP
 * client, which takes 40 ms. With `process.getBuiltinModule`, only used members are read, and those of the AWS SDK only
 * when the SDK runs.
 */
const builtinsWithoutImport = {
  name: "builtins-without-import",
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?[a-z_/0-9]+$/ }, ({ path, kind }) => {
      // With `import()`, code asks for a module only when it needs it, and expects its members by name.
      if (!isBuiltin(path) || kind === "dynamic-import") return undefined;
      return { path, namespace: kind === "import-statement" ? "builtin-imported" : "builtin-required" };
    });
    build.onLoad({ filter: /.*/, namespace: "builtin-required" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
    build.onLoad({ filter: /.*/, namespace: "builtin-imported" }, ({ path }) => ({
      contents: imported(path),
    }));
  },
};

/** Marked as pure, so that unused members are removed. */
function imported(path) {
  const names = Object.keys(process.getBuiltinModule(path)).filter(
    (name) => IDENTIFIER.test(name) && name !== "default",
  );
  return [
    `const all = /* @__PURE__ */ process.getBuiltinModule(${JSON.stringify(path)});`,
    "export default all;",
    ...names.map((name, n) => `const _${n} = /* @__PURE__ */ (() => all.${name})();`),
    `export { ${names.map((name, n) => `_${n} as ${name}`).join(", ")} };`,
  ].join("\n");
}

/** Sources that may name Redis commands: Weir's and ioredis' own. */
const NAMERS = ["lib", "functions", "node_modules/ioredis/built"];

/**
 * ioredis defines two methods for each of the 301 Redis commands, in three classes. Commands whose name does not occur as a
 * word in any of these sources are removed.
 */
const fewRedisCommands = {
  name: "few-redis-commands",
  setup(build) {
    build.onLoad({ filter: /[\\/]@ioredis[\\/]commands[\\/].*[\\/]commands\.json$/ }, ({ path }) => {
      const words = wordsOf(NAMERS.map((folder) => join(PROJECT, folder)));
      const commands = Object.entries(JSON.parse(readFileSync(path, "utf8")));
      const kept = commands.filter(([name]) => words.has(name) || words.has(`${name}Buffer`));
      return { contents: JSON.stringify(Object.fromEntries(kept)), loader: "json" };
    });
  },
};

function wordsOf(folders) {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .filter((name) => /(?<!\.d)\.[jt]s$/.test(name))
      .map((name) => join(folder, name)),
  );
  return new Set(files.flatMap((file) => readFileSync(file, "utf8").match(/\w+/g) ?? []));
}

/** Modules whose exports are the same everywhere and take long to compute. */
const CONSTANTS = /[\\/]lib[\\/]app[\\/](?:openapi-text|paths)\.ts$/;

/** Replaces such a module by the values it exports, computed at build time; otherwise it would load all schemas. */
const constantsMadeBefore = {
  name: "constants-made-before",
  setup(build) {
    build.onLoad({ filter: CONSTANTS }, async ({ path }) => {
      const made = Object.entries(await import(pathToFileURL(path).href));
      return { contents: made.map(([name, value]) => constant(name, value)).join("\n") };
    });
  },
};

/** Longer texts are compressed: the OpenAPI document has 160 kB, of the 1 MiB that a bundle may have, and then 25 kB. */
const LONG_TEXT = 50_000;

function constant(name, value) {
  if (typeof value !== "string" || value.length < LONG_TEXT)
    return `export const ${name} = ${JSON.stringify(value)};`;
  const compressed = gzipSync(value, { level: 9 }).toString("base64");
  return [
    'import { gunzipSync } from "node:zlib";',
    `export const ${name} = gunzipSync(Buffer.from("${compressed}", "base64")).toString();`,
  ].join("\n");
}

/**
 * Code that a function may not need, such as the AWS SDK, is imported with `import()` and goes into separate files, which V8
 * does not read at startup. They are named after the function: serverless-esbuild packs files that begin with a
 * function's name with that function only.
 */
const filesOfTheFunction = {
  name: "files-of-the-function",
  setup(build) {
    const options = build.initialOptions;
    const { name } = parse(options.entryPoints[0]);
    options.splitting = true;
    options.chunkNames = `${name}.[name]-[hash]`;
    // Files left behind by an interrupted build would be packed too.
    build.onStart(() => {
      for (const file of globSync(`${name}.*`, { cwd: options.outdir })) rmSync(join(options.outdir, file));
    });
  },
};

module.exports = [
  withoutZodLocales,
  withoutBrowserDetection,
  builtinsWithoutImport,
  fewRedisCommands,
  constantsMadeBefore,
  filesOfTheFunction,
];
