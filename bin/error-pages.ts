/** Writes `docs/errors/<code>.md` for every problem type; a test checks that they are up to date. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { type ProblemCode, problemTypes } from "../lib/http/problem.ts";
import { problemPage } from "../lib/http/problem-pages.ts";

const folder = new URL("../docs/errors/", import.meta.url);
await mkdir(folder, { recursive: true });
for (const name of await readdir(folder)) await rm(new URL(name, folder));
for (const code of Object.keys(problemTypes) as ProblemCode[]) {
  await writeFile(new URL(`${code}.md`, folder), problemPage(code));
}
