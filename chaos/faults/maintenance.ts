/** Not a fault, but work on live tables that others must tolerate. */
import { maintain } from "../../lib/maintenance/maintenance.ts";
import type { Fault } from "./fault.ts";
import { nothing } from "./fault.ts";

const MOST_MS = 10_000;

export const maintenanceFaults: readonly Fault[] = [
  {
    name: "maintenance",
    target: "maintenance",
    seconds: [0, 0],
    begin: async ({ system: { deps } }) => {
      const done = await maintain(deps, { endsAt: Date.now() + MOST_MS }).catch((error: Error) => error);
      const detail = done instanceof Error ? done.message : done.complete ? "complete" : "not complete";
      return { detail, undo: nothing };
    },
  },
];
