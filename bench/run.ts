/** `npm run bench`: measures, and writes the results to bench/RESULTS.md, bench/results.json and bench/pictures. */
import { parseArgs } from "node:util";
import { describeMachine, type Machine } from "./machine.ts";
import type { Bench, Part, Scale } from "./part.ts";
import { analytics } from "./parts/analytics.ts";
import { audit } from "./parts/audit.ts";
import { cost } from "./parts/cost.ts";
import { durability } from "./parts/durability.ts";
import { endToEnd } from "./parts/end-to-end.ts";
import { http } from "./parts/http.ts";
import { ids } from "./parts/ids.ts";
import { ingest } from "./parts/ingest.ts";
import { meters } from "./parts/meters.ts";
import { scale as scalePart } from "./parts/scale.ts";
import { start } from "./parts/start.ts";
import { worker } from "./parts/worker.ts";
import { progressLine } from "./progress.ts";
import { compare, readResults, writeResults } from "./report.ts";
import { writePage } from "./scale/page.ts";
import { startServers } from "./servers.ts";

/**
 * In execution order. Queries and the worker share the database with ten million events; the cost is computed from results
 * of other parts. A part is a file that exports one of these.
 */
const PARTS: readonly Part[] = [
  ingest,
  durability,
  http,
  endToEnd,
  start,
  audit,
  analytics,
  worker,
  meters,
  ids,
  scalePart,
  cost,
];
const NAMES = PARTS.map(({ name }) => name);

const HELP = `Usage: npm run bench -- [--only <part>[,<part>…]] [--quick] [--events <most>]

Starts its own PostgreSQL and Redis, with the settings of \`npm start\`, and removes them afterwards.

  --only <parts>  of ${NAMES.join(", ")}; results of the others are kept
  --events <most> stored events at the most, instead of 10,000,000
  --quick         one short repeat of each and at most 100,000 stored events, to see that it runs: nothing is written`;

const FULL: Scale = {
  repeats: 9,
  seconds: 1,
  stored: [100_000, 1_000_000, 10_000_000],
  manyKinds: 1_000_000,
  year: 2_000_000,
};
const QUICK: Scale = { repeats: 1, seconds: 0.3, stored: [20_000, 100_000], manyKinds: 20_000, year: 20_000 };

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    events: { type: "string" },
    quick: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const wanted = values.only?.split(",") ?? NAMES;
const events = Number(values.events ?? FULL.stored.at(-1));
const unknown = wanted.filter((name) => !NAMES.includes(name));
if (values.help || unknown.length > 0 || !(events >= 10_000)) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else await run(values.quick ? QUICK : atMost(FULL, events));

function atMost(scale: Scale, most: number): Scale {
  return { ...scale, stored: [...scale.stored.filter((events) => events < most), most] };
}

/** Otherwise two runs can't be compared. */
function isSame(a: Machine | undefined, b: Machine): boolean {
  return a?.processor === b.processor && a.cores === b.cores;
}

async function run(scale: Scale): Promise<void> {
  const progress = progressLine(process.stderr);
  const results = await readResults();
  const servers = await startServers((text) => progress.say(text));
  const stop = (): void => void servers.stop().then(() => process.exit(130));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const parts = PARTS.filter(({ name }) => wanted.includes(name));
    for (const [index, part] of parts.entries()) {
      const bench: Bench = {
        servers,
        scale,
        settle: servers.settle,
        say: (text) => progress.say(`${part.name} (${index + 1} of ${parts.length}): ${text}`),
        found: (name) => results[name],
      };
      bench.say("begins");
      const machine = await describeMachine(servers.databaseUrl, servers.redisUrl);
      const before = results[part.name];
      const begun = performance.now();
      const section = await part.run(bench);
      const took = (performance.now() - begun) / 1_000;
      const agreement = isSame(before?.machine, machine) ? compare(before, section) : undefined;
      results[part.name] = {
        ...section,
        machine,
        repeats: scale.repeats,
        took,
        ...(agreement && { agreement }),
      };
      progress.end();
      for (const { what, reach, got, reached } of section.goals)
        console.log(`${reached ? "reached" : "NOT reached"}: ${what}: ${reach}; got ${got}`);
      // After each part, so that an interrupted run keeps its results.
      if (scale !== QUICK) await writeResults(results, NAMES);
    }
  } finally {
    await servers.stop();
  }
  if (scale !== QUICK && results.scale && results.ingest && results.worker) await writePage(results);
  if (scale !== QUICK) console.log("Written to bench/RESULTS.md, bench/results.json and bench/pictures.");
  else
    console.log(
      JSON.stringify(Object.fromEntries(wanted.map((name) => [name, results[name]?.tables])), null, 1),
    );
}
