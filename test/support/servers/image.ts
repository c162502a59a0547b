/** The files of the container's image, in a folder without anything else, and the commands that the image runs there. */
import { readFileSync } from "node:fs";
import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { mustRun } from "../command.ts";
import { type Child, startChild } from "./child.ts";
import { tempFolder } from "./temp-folder.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

export interface Image {
  folder: string;
  /** Commands of the Dockerfile, each a list of words. */
  commands: { start: string[]; healthCheck: string[] };
  /** Starts a program of the image with the image's environment and this one, and nothing else. */
  start(words: readonly string[], env: Record<string, string>): Child;
  /** Runs a program of the image to its end. */
  run(words: readonly string[], env: Record<string, string>): Promise<string>;
}

/** What .dockerignore lets an engine see, and the packages that `npm ci` would install. */
async function buildContext(): Promise<string> {
  const context = await tempFolder("context");
  const seen = readFileSync(join(ROOT, ".dockerignore"), "utf8").matchAll(/^!(.+)$/gm);
  for (const [, name = ""] of seen) await cp(join(ROOT, name), join(context, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(context, "node_modules"));
  return context;
}

/** Builds it as the Dockerfile does. */
export async function assembleImage(): Promise<Image> {
  const folder = await tempFolder("image");
  const file = readFileSync(join(ROOT, "Dockerfile"), "utf8");
  const [build = ""] = /(?<=^RUN node ).*(?= \/app$)/m.exec(file) ?? [];
  await mustRun(process.execPath, [...build.split(" "), folder], {
    cwd: await buildContext(),
    env: process.env,
  });
  const environment = Object.fromEntries(
    (/^ENV (.*)$/m.exec(file)?.[1] ?? "").split(" ").map((pair) => pair.split("=", 2) as [string, string]),
  );
  const list = (pattern: RegExp): string[] => JSON.parse(pattern.exec(file)?.[1] ?? "[]");
  const envOf = (env: Record<string, string>) => ({ ...environment, HTTP_HOST: "127.0.0.1", ...env });
  // The image has only Node, so that the first word of each command is `node`.
  const wordsOf = ([node, ...words]: readonly string[]): string[] => {
    if (node !== "node") throw new Error(`The image can't run ${node}.`);
    return words;
  };
  return {
    folder,
    commands: {
      start: list(/^CMD (\[.*\])$/m),
      healthCheck: list(/^HEALTHCHECK .*CMD (\[.*\])$/m),
    },
    start: (words, env) => startChild(process.execPath, wordsOf(words), { cwd: folder, env: envOf(env) }),
    run: (words, env) => mustRun(process.execPath, wordsOf(words), { cwd: folder, env: envOf(env) }),
  };
}
