/** Dead letters, for which the API has no operations. */
import type { Command } from "commander";
import type { Deps } from "../../lib/app/connect.ts";
import { outage } from "../../lib/http/errors.ts";
import { createDeadLetters, type DeadLetter } from "../../lib/queue/dead-letters.ts";
import { parseMessage } from "../../lib/queue/message.ts";
import { withAudit } from "./connect.ts";

/** A dead letter, and what can be read of it. */
export interface ShownLetter {
  id: string;
  sent_at: string;
  client_id: string | null;
  /** The request that it belongs to; null if the message can't be read. */
  request_id: string | null;
  events: number;
  bytes: number;
  body: string;
}

/** Lists the oldest dead letters. */
export const listLetters = (command: Command, limit: number): Promise<ShownLetter[]> =>
  withAudit(command, async (deps) => {
    const letters = await withLetters(deps, (all) => all.list(limit)).catch(outage("queue"));
    return letters.map(show);
  });

function show({ id, body, sentAt }: DeadLetter): ShownLetter {
  const facts = { id, sent_at: new Date(sentAt).toISOString(), bytes: Buffer.byteLength(body), body };
  try {
    const { header, lines } = parseMessage(body);
    const clientId = header.redrive ?? header.client ?? header.audit?.client_id ?? null;
    return { ...facts, client_id: clientId, request_id: header.id, events: lines.length };
  } catch {
    return { ...facts, client_id: null, request_id: null, events: 0 };
  }
}

/** Puts dead letters back into the queue. @param ids only these; all if undefined */
export const redriveLetters = (
  command: Command,
  limit: number,
  ids: readonly string[] | undefined,
): Promise<number> =>
  withAudit(command, async ({ queue }, changed) => {
    const moved = await queue.redrive(limit, ids).catch(outage("queue"));
    if (moved > 0)
      changed({ before: { set_aside: moved, queued: 0 }, after: { set_aside: 0, queued: moved } });
    return moved;
  });

/** Deletes dead letters for good. */
export const deleteLetters = (command: Command, ids: readonly string[]): Promise<number> =>
  withAudit(command, async (deps, changed) => {
    const deleted = await withLetters(deps, (all) => all.delete(ids)).catch(outage("queue"));
    if (deleted > 0)
      changed({ before: { set_aside: deleted, deleted: 0 }, after: { set_aside: 0, deleted } });
    return deleted;
  });

async function withLetters<T>(
  { redis, shards, config }: Deps,
  run: (letters: ReturnType<typeof createDeadLetters>) => Promise<T>,
): Promise<T> {
  const letters = createDeadLetters(redis, shards, config);
  try {
    return await run(letters);
  } finally {
    await letters.close();
  }
}
