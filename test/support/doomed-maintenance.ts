/**
 * Maintenance in a process of its own, which kills itself, as hard as can be, when its step of that number is about to
 * begin: DOOMED_STEP, from 1 on, or 0 to live. Says "step <name>" on standard output for each, and "done" in the end.
 */

import { closeDeps, createDeps } from "../../lib/app/connect.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { maintain } from "../../lib/maintenance/maintenance.ts";

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
