/** Which files the site takes, and where they appear. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pathsOf, readSources } from "../../../web/docs/sources.ts";

let root = "";
const FILES = [
  "docs/operations.md",
  "docs/audit.md",
  "docs/unheard-of.md",
  "docs/guides/new-guide.md",
  "docs/guides/sending.md",
  "docs/guides/first-event.md",
  "docs/guides/audit.md",
  "docs/decisions/0001-a.md",
  "docs/errors/timeout.md",
  "sdk/typescript/README.md",
  "README.md",
];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "weir-docs-"));
  for (const file of FILES) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), `# ${file}\n`);
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

it("takes listed files in their order, and others at the end of their section", async () => {
  const sources = await readSources(root);
  expect(sources.map(({ section, path }) => `${section} ${path}`)).toEqual([
    "Guides /docs/first-event",
    "Guides /docs/sending",
    "Guides /docs/guide-audit",
    "Guides /docs/new-guide",
    "Reference /docs/audit",
    "Reference /docs/sdk",
    "Operations /docs/operations",
    "Background /docs/unheard-of",
  ]);
  expect(sources[0]?.markdown).toBe("# docs/guides/first-event.md\n");
});

it("gives a guide another path where a document or a page has it", () => {
  const paths = pathsOf([
    "docs/audit.md",
    "docs/guides/audit.md",
    "docs/guides/api.md",
    "docs/guides/sending.md",
  ]);
  expect([...paths.values()].sort()).toEqual([
    "/docs/audit",
    "/docs/guide-api",
    "/docs/guide-audit",
    "/docs/sending",
  ]);
});
