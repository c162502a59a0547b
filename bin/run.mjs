/**
 * Runs one of the project's commands: installs the packages if necessary, then starts the command with Node 24 from
 * node_modules, whatever the machine's Node version. Plain JavaScript without dependencies, since it runs before they are
 * installed.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const modules = join(root, "node_modules");
const lockFile = join(root, "package-lock.json");
/** Patches that npm's `postinstall` applies to packages. */
const patches = join(root, "patches");
const marker = join(modules, ".weir-installed");
const commands = {
  start: ["local/start.ts"],
  offline: ["local/start.ts", "--offline"],
  serve: ["serve/main.ts"],
  test: ["node_modules/vitest/vitest.mjs", "run"],
  demo: ["bin/demo.ts"],
  weir: ["bin/weir.ts"],
  bench: ["bench/run.ts"],
  chaos: ["chaos/run.ts"],
  build: ["bin/build.ts"],
  "build:web": ["bin/build-web.ts"],
  "build:sdk": ["bin/sdk/build.ts"],
  "build:cli": ["bin/cli/build.ts"],
  "sdk:types": ["bin/sdk/types.ts"],
  migrate: ["bin/migrate.ts"],
  localstack: ["bin/localstack.ts"],
  "test:localstack": ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.localstack.config.ts"],
  model: ["bin/model.ts"],
  package: ["node_modules/serverless/bin/serverless.js", "package"],
  "test:outside": ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.outside.config.ts"],
  "test:browser": ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.browser.config.ts"],
  "package:check": ["node_modules/vitest/vitest.mjs", "run", "--config", "vitest.package.config.ts"],
  deploy: ["node_modules/serverless/bin/serverless.js", "deploy"],
  serverless: ["node_modules/serverless/bin/serverless.js"],
  "package:infra": ["node_modules/serverless/bin/serverless.js", "package"],
  "deploy:infra": ["node_modules/serverless/bin/serverless.js", "deploy"],
  infra: ["node_modules/serverless/bin/serverless.js"],
};
/** Commands whose server needs the pages, and does not build them itself. */
const withPages = ["serve"];
/** The framework takes the serverless.yml of the folder in which it runs. */
const infra = ["package:infra", "deploy:infra", "infra"];

function fail(message, code = 1) {
  console.error(message);
  process.exit(code);
}

function checkMachine() {
  if (Number(process.versions.node.split(".")[0]) < 20)
    fail(
      `Weir needs Node.js 20 or newer to install itself; this is ${process.version}. Get it from https://nodejs.org.`,
    );
}

function install() {
  const hash = createHash("sha256").update(readFileSync(lockFile));
  for (const name of readdirSync(patches).sort()) hash.update(readFileSync(join(patches, name)));
  const lock = hash.digest("hex");
  // Written only if missing: a concurrently starting command would read a partial file, consider the packages outdated
  // and remove them while the first one runs.
  if (existsSync(marker)) {
    if (readFileSync(marker, "utf8") === lock) return;
  } else if (isInstalledByHand()) return writeFileSync(marker, lock);
  if (spawnSync("npm", ["--version"], { stdio: "ignore" }).status !== 0)
    fail(
      "Weir installs its packages with npm, which is not on the PATH. It comes with Node.js: https://nodejs.org.",
    );
  console.log("Installing packages (once; about 1.2 GB, a minute or two) …");
  const words = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", words, { cwd: root, stdio: "inherit" });
  if (status !== 0) fail("Installing the packages failed; the reason is above.", status ?? 1);
  writeFileSync(marker, lock);
}

/** npm writes its copy of the lock file last, so a copy newer than our lock file means a finished installation. */
function isInstalledByHand() {
  const copy = join(modules, ".package-lock.json");
  return existsSync(copy) && statSync(copy).mtimeMs >= statSync(lockFile).mtimeMs;
}

function findNode() {
  const node = join(modules, ".bin", "node");
  if (spawnSync(node, ["--version"], { stdio: "ignore" }).status === 0) return node;
  // If installation scripts are disabled, the package has no binary.
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  return fail(
    "Node.js 24 is missing from node_modules. Is npm configured to ignore scripts? Run `npm rebuild node`, or use Node.js 24.",
  );
}

function run(command, args) {
  const path = `${join(modules, ".bin")}${delimiter}${process.env.PATH ?? ""}`;
  const [script, ...words] = commands[command];
  const node = findNode();
  if (withPages.includes(command)) {
    const { status } = spawnSync(node, [join(root, "bin/build-web.ts")], { cwd: root, stdio: "inherit" });
    if (status !== 0) fail("Building the pages failed; the reason is above.", status ?? 1);
  }
  const child = spawn(node, [join(root, script), ...words, ...args], {
    cwd: infra.includes(command) ? join(root, "infra") : root,
    stdio: "inherit",
    // Caching compiled code makes the next start faster.
    env: { NODE_COMPILE_CACHE: join(modules, ".cache", "compiled"), ...process.env, PATH: path },
  });
  const forward = (signal) => child.kill(signal);
  process.on("SIGTERM", forward);
  process.on("SIGHUP", forward);
  // A terminal sends Ctrl-C to the child as well, and most commands treat a second one as "at once". Without a terminal
  // only this process receives it; servers count two in a row as one.
  process.on("SIGINT", (signal) => {
    if (["start", "offline", "serve"].includes(command) || !process.stdin.isTTY) forward(signal);
  });
  endWithParent(forward);
  child.once("error", (error) => fail(`Could not run ${script}: ${error.message}`));
  child.once("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}

/** npm runs us in a shell, which on SIGTERM dies without signalling its children; then nobody waits for us any more. */
function endWithParent(forward) {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    forward("SIGTERM");
  }, 250);
}

const [command, ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, command ?? ""))
  fail(`Usage: node bin/run.mjs <${Object.keys(commands).join("|")}> [arguments]`, 2);
checkMachine();
install();
if (command === "test" && args.length === 0)
  console.log(
    "Not among these tests: npm run package:check, npm run test:localstack, npm run test:outside (they install from PyPI and the Go proxy), npm run test:browser (it needs Chromium).",
  );
run(command, args);
