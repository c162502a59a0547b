import type { Place } from "../../pending/place.ts";
import type { Executor } from "../../postgres/client.ts";
import { placeName } from "../../queue/message.ts";

/** The parts that already have a receipt, by `placeName`, so that their messages can be skipped. */
export async function findSettled(sql: Executor, places: readonly Place[]): Promise<Set<string>> {
  const rows = await sql<Place[]>`
    SELECT receipt_id AS id, part
      FROM receipts
      JOIN unnest(${places.map(({ id }) => id)}::uuid[], ${places.map(({ part }) => part)}::smallint[])
           AS wanted(receipt_id, part) USING (receipt_id, part)`;
  return new Set(rows.map(placeName));
}
