/** What has to be done now and then, whether anybody calls or not. */
import type { Deps } from "./deps.ts";
import { ensurePartitions } from "./partitions.ts";

/** Makes partitions ahead. @returns names of those made */
export async function maintain({
  sql,
  config,
  log,
}: Pick<Deps, "sql" | "config" | "log">): Promise<string[]> {
  const made = await ensurePartitions(sql, config);
  log.info("partitions-made", { partitions: made });
  return made;
}
