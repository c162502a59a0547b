/** Packages stages as an AWS user would, without credentials, and reads the result. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Outcome, run } from "../support/command.ts";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.any()).default({}),
});
const templateSchema = z.looseObject({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).optional(),
});
export type Template = z.output<typeof templateSchema>;

export interface Packaged {
  /** Files of the two CloudFormation templates. */
  files: string[];
  /** The complete template. */
  template: Template;
  /** Each function's zip file, by the function's name. */
  zips: Map<string, string>;
  /** What the command has left in the folder for temporary files. */
  left: string[];
}

export interface Settings {
  stage: string;
  queue: string | undefined;
  params?: string[];
  /** The application, or what it needs around it. */
  command?: "package" | "package:infra";
}

/**
 * Runs `npm run package`, or another command, in an environment without AWS settings.
 * @param target an empty folder, inside or outside the repository
 */
export async function runPackage(
  target: string,
  { stage, queue, params = [], command = "package" }: Settings,
): Promise<Outcome & Pick<Packaged, "left">> {
  const words = ["--stage", stage, "--package", target, ...params.flatMap((param) => ["--param", param])];
  const temporary = await mkdtemp(join(tmpdir(), "weir-packaging-"));
  try {
    const outcome = await run("npm", ["run", "--silent", command, "--", ...words], {
      cwd: PROJECT,
      env: {
        PATH: process.env.PATH,
        // A home without `.aws`.
        HOME: target,
        TMPDIR: temporary,
        ...(queue !== undefined && { QUEUE: queue }),
        WEIR_BUILD_DIR: ".esbuild/package-check",
        AWS_EC2_METADATA_DISABLED: "true",
      },
    });
    // npm's compiled code.
    const left = (await readdir(temporary)).filter((name) => name !== "node-compile-cache");
    return { ...outcome, left };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Like {@link runPackage}. @throws with its output if it fails */
export async function packageStack(
  target: string,
  stage: string,
  queue: string,
  params: string[] = [],
): Promise<Packaged> {
  await mkdir(target, { recursive: true });
  const { files, template, left } = await templatesOf(target, { stage, queue, params });
  const names = (await readdir(target)).filter((name) => name.endsWith(".zip"));
  return {
    files,
    template,
    left,
    zips: new Map(names.map((name) => [name.slice(0, -".zip".length), join(target, name)])),
  };
}

/** Packages what the application needs around it. @throws with the output if it fails */
export async function packageInfra(
  target: string,
  queue: string,
  params: string[] = [],
  stage = "dev",
): Promise<Omit<Packaged, "zips">> {
  await mkdir(target, { recursive: true });
  return templatesOf(target, { stage, queue, params, command: "package:infra" });
}

async function templatesOf(target: string, settings: Settings): Promise<Omit<Packaged, "zips">> {
  const { code, output, left } = await runPackage(target, settings);
  if (code !== 0) throw new Error(`Packaging ${settings.stage} with ${settings.queue} failed:\n${output}`);
  const files = ["create", "update"].map((step) =>
    join(target, `cloudformation-template-${step}-stack.json`),
  );
  return { files, left, template: templateSchema.parse(JSON.parse(await readFile(files[1] ?? "", "utf8"))) };
}

export const ofType = (
  { Resources }: Template,
  type: string,
): [name: string, z.output<typeof resourceSchema>][] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

/** Size of the code in a folder, in bytes, without what is only sent to browsers. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".mjs"))
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
