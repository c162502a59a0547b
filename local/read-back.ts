/** Recovers audit rows that could not be queued from the logs of earlier runs. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Deps } from "../lib/app/connect.ts";
import { type Recovered, recoverAudit } from "../lib/audit/record/recover.ts";
import { markRead, unreadLogs } from "./log-files.ts";
import { once } from "./process.ts";

/**
 * Starts at once. A log is finished when all of its rows are queued; if that fails or the process ends, the next start
 * reads it again. A row that is sent twice yields one entry.
 * @param folder of the logs
 */
export function startReadBack(
  deps: Pick<Deps, "queue">,
  folder: string,
  say: (line: string) => void,
): { stop(): Promise<void> } {
  let stopping = false;
  const reading = (async () => {
    let queued = 0;
    for (const file of unreadLogs(folder)) {
      const recovered: Recovered = { found: 0, queued: 0, bad: [] };
      await recoverAudit(
        deps,
        linesOf(file, () => stopping),
        recovered,
      ).finally(() => {
        queued += recovered.queued;
      });
      for (const { line, reason } of recovered.bad)
        say(`${file}:${line}: an audit row that can't be read: ${reason}`);
      if (stopping) return;
      markRead(folder, file);
    }
    if (queued > 0) say(`Read back in ${queued} audit rows that the queue had not taken.`);
  })().catch((error: Error) =>
    say(`Audit rows in ${folder} could not be read back in (${error.message}); the next start tries again.`),
  );
  return {
    stop: once(async () => {
      stopping = true;
      await reading;
    }),
  };
}

async function* linesOf(file: string, isStopping: () => boolean): AsyncGenerator<string> {
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (isStopping()) return;
    yield line;
  }
}
