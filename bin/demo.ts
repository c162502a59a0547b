/**
 * `npm run demo`: replays 1,707 earthquakes and 20,000 flights against a running system and compares its counts with the
 * data. A second run adds nothing, since every event keeps its id and content.
 */
import { parseArgs } from "node:util";
import { clientOfSecret } from "../lib/base/ids.ts";
import { ConfigError } from "../lib/config/config.ts";
import { loadSystemConfig } from "../lib/config/local.ts";
import { readDevFile } from "../local/dev-file.ts";
import { type Access, Api, DemoError } from "./demo/api.ts";
import { countReplayed } from "./demo/count.ts";
import { readDatasets } from "./demo/data.ts";
import { createProgress } from "./demo/progress.ts";
import { replay } from "./demo/replay.ts";
import { formatCount, type Outcome, table, timing, verdict } from "./demo/summary.ts";

const HELP = `Usage: npm run demo -- [--url <url>] [--key <API key>]

Replays real data against a running Weir: by default the one that \`npm start\` runs.
The key needs the scopes ingest and read.`;

function readArguments(): { url?: string | undefined; key?: string | undefined; help?: boolean | undefined } {
  try {
    const text = { type: "string" } as const;
    return parseArgs({ options: { url: text, key: text, help: { type: "boolean", short: "h" } } }).values;
  } catch (error) {
    throw new DemoError(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  }
}

async function findAccess(given: ReturnType<typeof readArguments>): Promise<Access> {
  const { dataDir } = loadSystemConfig();
  const started = await readDevFile(dataDir);
  const url = given.url ?? started?.url;
  if (url === undefined)
    throw new DemoError("Weir is not running. Start it with `npm start`, then run the demo again.");
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new DemoError(`--url must be an http or https URL; it is ${JSON.stringify(url)}.`);
  const apiKey = given.key ?? started?.apiKey;
  if (apiKey === undefined) throw new DemoError("The API key is missing. Specify one with --key.");
  return { url, apiKey };
}

async function run(): Promise<void> {
  const given = readArguments();
  if (given.help) return console.log(HELP);
  const access = await findAccess(given);
  const datasets = await readDatasets();
  const api = new Api(access);
  const clientId = clientOfSecret(access.apiKey);
  const total = datasets.reduce((sum, { records }) => sum + records.length, 0);
  const parts = datasets.map(({ type, records }) => `${formatCount(records.length)} of type ${type}`);
  console.log(`Replaying ${formatCount(total)} events (${parts.join(", ")}) to ${access.url}`);

  const result = await replay(api, datasets, createProgress(process.stdout), clientId);
  const outcomes: Outcome[] = [];
  for (const type of result.types)
    outcomes.push({ ...type, counted: await countReplayed(api, type, clientId) });
  const { ok, text } = verdict(outcomes);
  const times = result.types.map(
    ({ dataset: { type, newest }, newestAt }) =>
      `  The newest ${type} moved from ${new Date(newest.at).toISOString()} to ${new Date(newestAt).toISOString()}.`,
  );
  console.log(`\n${table(outcomes)}\n\n${times.join("\n")}\n`);
  console.log(timing(result, api.timesPutOff));
  if (ok) return console.log(text);
  console.error(text);
  process.exitCode = 1;
}

try {
  await run();
} catch (error) {
  if (!(error instanceof DemoError || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
