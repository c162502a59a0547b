/**
 * Maintenance in a separate process that kills itself with SIGKILL just before step number DOOMED_STEP, from 1 on, or
 * never if it is 0. Prints "step <name>" for each step, and "done" at the end.
 */

import { closeDeps, createDeps } from "../../../lib/app/connect.ts";
import { loadConfig } from "../../../lib/config/config.ts";
import { maintain } from "../../../lib/maintenance/maintenance.ts";

const doomed = Number(process.env.DOOMED_STEP);
const deps = createDeps(loadConfig());
let steps = 0;
await maintain(deps, {
  endsAt: Date.now() + 60_000,
  graceMs: 0,
  before: (name) => {
    process.stdout.write(`step ${name}\n`);
    if (++steps === doomed) process.kill(process.pid, "SIGKILL");
  },
});
process.stdout.write("done\n");
await closeDeps(deps);
