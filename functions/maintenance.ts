/** Once a day: partitions ahead of the events that will need them. */
import { getDeps } from "../lib/deps-once.ts";
import { maintain } from "../lib/maintenance.ts";

/** Answers with the names of the partitions made. */
export const handler = (): Promise<string[]> => maintain(getDeps());
