/** `npm run bench`: measures, and writes what it found to bench/RESULTS.md and bench/results.json. */
import { parseArgs } from "node:util";
import { benchAnalytics } from "./analytics.ts";
import { benchAudit } from "./audit.ts";
import { writeReport } from "./report.ts";
import { startServers } from "./servers.ts";

const HELP = `Usage: npm run bench -- [--only analytics|audit] [--events <most events>]

Starts a PostgreSQL and a Redis of its own, with the settings that \`npm start\` gives them, and removes them afterwards.`;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    events: { type: "string", default: "10000000" },
    help: { type: "boolean", short: "h" },
  },
});
const events = Number(values.events);
if (
  values.help ||
  ![undefined, "analytics", "audit"].includes(values.only) ||
  !Number.isInteger(events) ||
  events < 100_000
) {
  console.log(HELP);
  process.exitCode = values.help ? 0 : 2;
} else {
  const servers = await startServers();
  const stop = (): void => void servers.stop().then(() => process.exit(130));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const sections = [];
    if (values.only !== "audit") sections.push(await benchAnalytics(servers, [100_000, events]));
    if (values.only !== "analytics") sections.push(await benchAudit(servers));
    await writeReport(sections);
  } finally {
    await servers.stop();
  }
}
