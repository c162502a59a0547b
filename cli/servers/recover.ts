import type { Command } from "commander";
import { type Recovered, recoverAudit } from "../../lib/audit/record/recover.ts";
import { withAudit } from "./connect.ts";

/**
 * Queues the audit rows in the lines of a log again.
 * @param lines called once the servers are connected: what is read before may be lost
 * @param recovered counts them, also if it fails
 * @param tell called at the end, also if it fails
 */
export const recoverWithServers = (
  command: Command,
  lines: () => AsyncIterable<string>,
  recovered: Recovered,
  tell: () => void,
): Promise<void> =>
  withAudit(command, async (deps, changed) => {
    try {
      await recoverAudit(deps, lines(), recovered);
    } finally {
      const { found, queued, bad } = recovered;
      if (queued > 0) changed({ before: null, after: { found, queued, bad: bad.length } });
      tell();
    }
  });
