/** `npm run bench`: measures, and writes what it found to bench/RESULTS.md and bench/results.json. */
import { parseArgs } from "node:util";
import { benchAnalytics } from "./analytics.ts";
import { writeReport } from "./report.ts";
import { startServers } from "./servers.ts";

const HELP = `Usage: npm run bench -- [--only analytics] [--events <most events>]

Starts a PostgreSQL and a Redis of its own, with the settings that \`npm start\` gives them, and removes them afterwards.`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "analytics" },
    events: { type: "string", default: "10000000" },
    help: { type: "boolean", short: "h" },
  },
});
const events = Number(values.events);
if (values.help || values.only !== "analytics" || !Number.isInteger(events) || events < 100_000) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  const servers = await startServers();
  const stop = (): void => void servers.stop().then(() => process.exit(130));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await writeReport([await benchAnalytics(servers, [100_000, events])]);
  } finally {
    await servers.stop();
  }
}
