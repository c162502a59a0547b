/**
 * What the bundler does beside bundling, so that a function starts sooner: each millisecond of a load is text that V8
 * reads, or code that runs before the handler is there. docs/decisions/0022 has the figures.
 */
const { globSync, readdirSync, readFileSync, rmSync } = require("node:fs");
const { isBuiltin } = require("node:module");
const { join, parse } = require("node:path");
const { pathToFileURL } = require("node:url");

const PROJECT = join(__dirname, "..");
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

/**
 * zod exports its messages in every language as one member of `z`, so that no bundler can see that they are unused: a
 * third of each bundle. The English ones come by a way of their own.
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

/**
 * Node makes a module of a built-in one for whoever imports it, and reads each of its members for that: those of
 * `node:http` alone load an HTTP client of 40 ms. Asked for by `process.getBuiltinModule`, only members that are used are
 * read, and those of the SDK of AWS when the SDK runs.
 */
const builtinsWithoutImport = {
  name: "builtins-without-import",
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?[a-z_/0-9]+$/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
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

/** Marked as pure, so that members which nobody imports go. */
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

/** Where a command of Redis may be named: by Weir, and by ioredis itself. */
const NAMERS = ["lib", "functions", "node_modules/ioredis/built"];

/**
 * ioredis makes two methods for each of the 301 commands of Redis, in three classes. Left out are those whose name is no
 * word of any program here.
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

/** Modules whose exports are the same wherever they run, and take long to make. */
const CONSTANTS = /[\\/]lib[\\/]app[\\/](?:openapi-text|paths)\.ts$/;

/** The values that such a module exports, made here once, in place of what makes them: all schemas of all functions. */
const constantsMadeBefore = {
  name: "constants-made-before",
  setup(build) {
    build.onLoad({ filter: CONSTANTS }, async ({ path }) => {
      const made = Object.entries(await import(pathToFileURL(path).href));
      const lines = made.map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`);
      return { contents: lines.join("\n") };
    });
  },
};

/**
 * What a function may never need, as the SDK of AWS, is imported by `import()`, and goes into files of its own, so that
 * V8 does not read it at the start. They are named after the function: serverless-esbuild packs files that begin with
 * another function's name with that one only.
 */
const filesOfTheFunction = {
  name: "files-of-the-function",
  setup(build) {
    const options = build.initialOptions;
    const { name } = parse(options.entryPoints[0]);
    options.splitting = true;
    options.chunkNames = `${name}.[name]-[hash]`;
    // What a build left behind that was broken off would be packed too.
    build.onStart(() => {
      for (const file of globSync(`${name}.*`, { cwd: options.outdir })) rmSync(join(options.outdir, file));
    });
  },
};

module.exports = [
  withoutZodLocales,
  builtinsWithoutImport,
  fewRedisCommands,
  constantsMadeBefore,
  filesOfTheFunction,
];
