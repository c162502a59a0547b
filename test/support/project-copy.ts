/** Carries out CONTRIBUTING's steps on a copy of the project. */
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { type Outcome, run } from "./command.ts";
import { tempFolder } from "./servers/temp-folder.ts";

export const PROJECT = new URL("../../", import.meta.url).pathname;

/** A step: what it does, the file, and its new text from its text so far, which is empty for a new file. */
export type Step = [what: string, file: string, edit: (text: string) => string];

/** Inserts a text before a mark, which the file must contain. */
export const before =
  (mark: string, added: string): Step[2] =>
  (text) => {
    expect(text).toContain(mark);
    return text.replace(mark, `${added}${mark}`);
  };

/** Replaces a text, which the file must contain. */
export const replace =
  (old: string, text: string): Step[2] =>
  (all) => {
    expect(all).toContain(old);
    return all.replaceAll(old, text);
  };

/**
 * @param paths files and folders to copy; the packages are linked
 * @param missing what the step does that is left out
 * @returns the copy's folder
 */
export async function copyProject(
  paths: readonly string[],
  steps: readonly Step[],
  missing?: string,
): Promise<string> {
  const folder = await tempFolder("contributing");
  for (const path of paths) await cp(join(PROJECT, path), join(folder, path), { recursive: true });
  await symlink(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  for (const [what, file, edit] of steps)
    if (what !== missing) {
      await mkdir(join(folder, dirname(file)), { recursive: true });
      await writeFile(join(folder, file), edit(await readFile(join(folder, file), "utf8").catch(() => "")));
    }
  return folder;
}

/** Runs Node in a folder. @param words the program and its arguments */
export const runNode = (cwd: string, ...words: string[]): Promise<Outcome> =>
  run(process.execPath, words, { cwd, env: process.env });

/** Runs the type checker on some folders of a copy, which must hold tsconfig.json. */
export async function checkTypes(folder: string, include: readonly string[]): Promise<Outcome> {
  const project = JSON.parse(await readFile(join(folder, "tsconfig.json"), "utf8"));
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ ...project, include }));
  return runNode(folder, "node_modules/typescript/bin/tsc", "--noEmit");
}
