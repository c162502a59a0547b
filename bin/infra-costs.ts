/** Writes the table of costs in docs/infra.md from the packaged templates; a test checks that it is up to date. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { costTable } from "../bench/infra-prices.ts";
import { packageCombinations } from "../test/package/infra-combinations.ts";

const PAGE = new URL("../docs/infra.md", import.meta.url);
const MARKED =
  /(<!-- made by `npm run docs:infra`: begin -->\n)[\s\S]*(\n<!-- made by `npm run docs:infra`: end -->)/;

const folder = await mkdtemp(join(tmpdir(), "weir-infra-costs-"));
try {
  const templates = new Map(
    [...(await packageCombinations(folder))].map(([name, { template }]) => [name, template] as const),
  );
  const page = await readFile(PAGE, "utf8");
  if (!MARKED.test(page)) throw new Error("docs/infra.md has no markers for the costs.");
  await writeFile(
    PAGE,
    page.replace(MARKED, (_all, begin, end) => `${begin}\n${costTable(templates)}\n${end}`),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
