/** A run of the maintenance in a process of its own. Prints what it archived, and the most memory that the process had. */
import { loadConfig } from "../../../lib/config/config.ts";
import { maintenanceDeps } from "../../../lib/maintenance/connect.ts";
import { maintain } from "../../../lib/maintenance/maintenance.ts";

const deps = maintenanceDeps(loadConfig());
const start = performance.now();
const { archived } = await maintain(deps, { endsAt: Date.now() + 200_000 });
const ms = Math.round(performance.now() - start);
// Kilobytes.
const peakMiB = Math.round(process.resourceUsage().maxRSS / 1_024);
process.stdout.write(JSON.stringify({ archived, peakMiB, ms }));
await deps.sql.end();
