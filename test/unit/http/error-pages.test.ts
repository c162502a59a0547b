import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { type ProblemCode, problemTypes } from "../../../lib/http/problem.ts";
import { problemPage } from "../../../lib/http/problem-pages.ts";

const folder = new URL("../../../docs/errors/", import.meta.url);
const codes = Object.keys(problemTypes) as ProblemCode[];

it("every problem has a page, and there is no other page", async () => {
  expect((await readdir(folder)).sort()).toEqual(codes.map((code) => `${code}.md`).sort());
});

it.each(codes)("the page of %s is up to date (`npm run docs:errors` updates it)", async (code) => {
  expect(await readFile(new URL(`${code}.md`, folder), "utf8")).toBe(problemPage(code));
});
