/** Builds every function's bundle as `npm run package` does, and lists its contents. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build, type Metafile } from "esbuild";
import * as z from "zod";

const require = createRequire(import.meta.url);
const { load } = require("js-yaml") as { load: (text: string) => unknown };
const PROJECT = fileURLToPath(new URL("..", import.meta.url));
const FILES = ["serverless.yml", "serverless/queue-redis.yml", "serverless/queue-sqs.yml"];

const functionSchema = z.looseObject({ handler: z.string().optional() });
const fileSchema = z.looseObject({
  functions: z.union([z.record(z.string(), functionSchema), z.array(z.unknown())]),
  custom: z.looseObject({ esbuild: z.record(z.string(), z.any()) }).optional(),
});

export interface Bundle {
  name: string;
  /** The file that a start loads. */
  file: string;
  /** Bytes of all files. */
  bytes: number;
  /** Bytes of the files that a start loads. */
  startBytes: number;
  /** Packages, including Weir itself, with their bytes, the largest first. */
  parts: [name: string, bytes: number][];
}

/** @param folder output folder */
export async function makeBundles(folder: string): Promise<Bundle[]> {
  const files = await Promise.all(FILES.map((file) => readYaml(file)));
  const handlers = new Map(files.flatMap(({ functions }) => handlersOf(functions)));
  const options = files[0]?.custom?.esbuild ?? {};
  return Promise.all([...handlers].map(([name, handler]) => makeBundle(folder, name, handler, options)));
}

const readYaml = async (file: string) => fileSchema.parse(load(await readFile(join(PROJECT, file), "utf8")));

/** Functions are a map, or a list of maps, some of which are references to other files. */
function handlersOf(functions: z.output<typeof fileSchema>["functions"]): [string, string][] {
  const maps = Array.isArray(functions) ? functions.filter((one) => typeof one === "object") : [functions];
  return maps.flatMap((map) =>
    Object.entries(map as Record<string, z.output<typeof functionSchema>>).flatMap(
      ([name, { handler }]): [string, string][] => (handler === undefined ? [] : [[name, handler]]),
    ),
  );
}

async function makeBundle(
  folder: string,
  name: string,
  handler: string,
  options: Record<string, unknown>,
): Promise<Bundle> {
  // Settings of esbuild itself; the others belong to the plugin.
  const names = ["bundle", "minify", "keepNames", "sourcemap", "platform", "target", "format", "mainFields"];
  const known: BuildOptions = Object.fromEntries(names.map((option) => [option, options[option]]));
  const entry = handler.replace(/\.\w+$/, ".ts");
  const outdir = join(folder, name);
  const { metafile } = await build({
    ...known,
    entryPoints: [entry],
    plugins: require(join(PROJECT, String(options.plugins))),
    outdir,
    outExtension: { ".js": String(options.outputFileExtension) },
    metafile: true,
    write: true,
    absWorkingDir: PROJECT,
    logLevel: "silent",
  });
  const outputs = metafile?.outputs ?? {};
  const [file = ""] = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint === entry);
  return {
    name,
    file: join(PROJECT, file),
    bytes: bytesOf(Object.values(outputs)),
    startBytes: bytesOf([...loadedBy(file, outputs)].flatMap((path) => outputs[path] ?? [])),
    parts: partsOf(Object.values(outputs)),
  };
}

type Outputs = Metafile["outputs"];

const bytesOf = (outputs: readonly Outputs[string][]): number =>
  outputs.reduce((sum, { bytes }) => sum + bytes, 0);

/** A file and all that it imports at once. */
function loadedBy(file: string, outputs: Outputs, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const { kind, path } of outputs[file]?.imports ?? [])
    if (kind === "import-statement") loadedBy(path, outputs, found);
  return found;
}

export function partsOf(outputs: readonly Pick<Outputs[string], "inputs">[]): [string, number][] {
  const parts = new Map<string, number>();
  for (const { inputs } of outputs)
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? "Weir";
      parts.set(name, (parts.get(name) ?? 0) + bytesInOutput);
    }
  return [...parts].sort(([, a], [, b]) => b - a);
}
