import type { Transaction } from "./client.ts";
import { time } from "./fragments.ts";

/** Notes how far an erasure has come in the events. @param to RFC 3339, or `infinity` when there are no more */
export async function noteEventsErased(
  tx: Transaction,
  erasureId: string,
  { to, erased }: { to: string; erased: number },
): Promise<void> {
  await tx`
    UPDATE erasures SET events_to = ${time(tx, to)}, events_erased = events_erased + ${erased}
     WHERE erasure_id = ${erasureId}`;
}
