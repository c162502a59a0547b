import type { Deps } from "./deps.ts";
import { type Header, headerMessage } from "./message.ts";

/** Writes an audit row through the queue; when the queue can't take it, to the log, whole, to be read back in. */
export async function queueAudit(
  { queue, log }: Pick<Deps, "queue" | "log">,
  header: Header & Required<Pick<Header, "audit">>,
): Promise<void> {
  await queue.send([headerMessage(header)]).catch((error: Error) => {
    log.error("audit-not-queued", { audit: header, error });
  });
}
