import type { Transaction } from "../../postgres/client.ts";
import type { EventRow } from "../../storage/event-row.ts";

/** A row that PostgreSQL rejects: its position, the SQLSTATE and the server's message. */
export type RefusedRow = [position: number, reason: string, detail: string];

/**
 * Rows per attempt. With 1 % rejected rows one attempt in ten fails, with 10 % two in three; each attempt costs about as
 * much as five rows.
 */
const ROWS_PER_ATTEMPT = 10;

/**
 * Finds the rows that PostgreSQL rejects, in one round trip and without storing anything: inserts some rows at a time into
 * `events`, rolls back, and retries row by row if that failed. A subtransaction costs the server microseconds, a client's
 * savepoint three statements. Since all are rolled back, no subtransaction leaves its lock in the server's lock table
 * until the commit; thousands of committed ones would fill it.
 *
 * The rows are passed as a transaction setting, since a DO block takes no parameters. A function would need a migration,
 * and a temporary table writes to the catalog.
 *
 * A rejected row whose id is in the ledger is not reported: it is a duplicate, which is never inserted.
 * @param rows with distinct (client, key)
 * @throws errors not caused by the data, such as a time-out
 */
export async function probeEvents(tx: Transaction, rows: readonly EventRow[]): Promise<RefusedRow[]> {
  const [, , [result]] = await Promise.all([
    tx`SELECT set_config('weir.probe', ${JSON.stringify(inAttempts(rows))}, true)`,
    tx`
      DO $probe$
      DECLARE
        attempt json;
        one json;
        refused json[] := '{}';
      BEGIN
        FOR attempt IN SELECT value FROM json_array_elements(current_setting('weir.probe')::json) LOOP
          BEGIN
            INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
            SELECT r->>2, r->>3, r->>4, (r->>5)::timestamptz, (r->>6)::timestamptz, clock_timestamp(), (r->>7)::uuid,
                   (r->>8)::json
              FROM json_array_elements(attempt) AS r;
            RAISE SQLSTATE 'WEIR0';
          EXCEPTION
            WHEN SQLSTATE 'WEIR0' THEN NULL;
            WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR plpgsql_error THEN
              FOR one IN SELECT value FROM json_array_elements(attempt) LOOP
                BEGIN
                  INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
                  VALUES (one->>2, one->>3, one->>4, (one->>5)::timestamptz, (one->>6)::timestamptz, clock_timestamp(),
                          (one->>7)::uuid, (one->>8)::json);
                  RAISE SQLSTATE 'WEIR0';
                EXCEPTION
                  WHEN SQLSTATE 'WEIR0' THEN NULL;
                  WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR plpgsql_error THEN
                    IF NOT EXISTS (SELECT FROM event_ledger
                                    WHERE event_key = (one->>1)::uuid AND client_id = one->>2) THEN
                      refused := refused || json_build_array(one->0, SQLSTATE, SQLERRM);
                    END IF;
                END;
              END LOOP;
          END;
        END LOOP;
        PERFORM set_config('weir.refused', array_to_json(refused)::text, true);
      END $probe$`,
    tx<{ refused: string }[]>`SELECT current_setting('weir.refused') AS refused`,
  ]);
  return JSON.parse(result?.refused ?? "[]") as RefusedRow[];
}

/** Groups rows into attempts, with columns in the order used above. */
function inAttempts(rows: readonly EventRow[]): (string | number)[][][] {
  const attempts: (string | number)[][][] = [];
  for (const [position, row] of rows.entries()) {
    if (position % ROWS_PER_ATTEMPT === 0) attempts.push([]);
    const { eventKey, clientId, eventId, eventType, timestamp, receivedAt, receiptId, payload } = row;
    attempts
      .at(-1)
      ?.push([position, eventKey, clientId, eventId, eventType, timestamp, receivedAt, receiptId, payload]);
  }
  return attempts;
}
