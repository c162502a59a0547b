/** Packages stages as an AWS user would, without credentials, and reads the result. */
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Outcome, run } from "../support/command.ts";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.any()).default({}),
});
const templateSchema = z.looseObject({ Resources: z.record(z.string(), resourceSchema) });
export type Template = z.output<typeof templateSchema>;

export interface Packaged {
  /** Files of the two CloudFormation templates. */
  files: string[];
  /** The complete template. */
  template: Template;
  /** Each function's zip file, by the function's name. */
  zips: Map<string, string>;
}

/**
 * Runs `npm run package` in an environment without AWS settings.
 * @param target an empty folder, inside or outside the repository
 */
export function runPackage(
  target: string,
  { stage, queue, params = [] }: { stage: string; queue: string | undefined; params?: string[] },
): Promise<Outcome> {
  const words = ["--stage", stage, "--package", target, ...params.flatMap((param) => ["--param", param])];
  return run("npm", ["run", "--silent", "package", "--", ...words], {
    cwd: PROJECT,
    env: {
      PATH: process.env.PATH,
      // A home without `.aws`.
      HOME: target,
      ...(queue !== undefined && { QUEUE: queue }),
      WEIR_BUILD_DIR: ".esbuild/package-check",
      AWS_EC2_METADATA_DISABLED: "true",
    },
  });
}

/** Like {@link runPackage}. @throws with its output if it fails */
export async function packageStack(
  target: string,
  stage: string,
  queue: string,
  params: string[] = [],
): Promise<Packaged> {
  await mkdir(target, { recursive: true });
  const { code, output } = await runPackage(target, { stage, queue, params });
  if (code !== 0) throw new Error(`Packaging ${stage} with ${queue} failed:\n${output}`);
  const files = ["create", "update"].map((step) =>
    join(target, `cloudformation-template-${step}-stack.json`),
  );
  const names = (await readdir(target)).filter((name) => name.endsWith(".zip"));
  return {
    files,
    template: templateSchema.parse(JSON.parse(await readFile(files[1] ?? "", "utf8"))),
    zips: new Map(names.map((name) => [name.slice(0, -".zip".length), join(target, name)])),
  };
}

export const ofType = (
  { Resources }: Template,
  type: string,
): [name: string, z.output<typeof resourceSchema>][] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

/** Size of all files in a folder, in bytes. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
