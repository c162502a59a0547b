/** Writes the tables of docs/scale.md from bench/results.json; a test checks that they are up to date. */
import { readResults } from "../bench/report.ts";
import { writePage } from "../bench/scale/page.ts";

await writePage(await readResults());
