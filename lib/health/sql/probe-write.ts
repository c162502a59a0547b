import type { Executor } from "../../postgres/client.ts";

/**
 * Writes a row and rolls it back, in one round trip. The rollback is that of a subtransaction; the outer transaction,
 * which then has nothing to write, commits, with its WAL flushed and confirmed by every standby that a commit waits for.
 * This fails on a standby, on a read-only database and on one that can't write its WAL.
 */
export async function probeWrite(sql: Executor): Promise<void> {
  await sql`
    DO $$ BEGIN
      INSERT INTO health_checks (at, status, checks) VALUES (clock_timestamp(), 'probe', '{}');
      RAISE EXCEPTION USING ERRCODE = 'WEIR1';
    EXCEPTION WHEN SQLSTATE 'WEIR1' THEN
      NULL;
    END $$`;
}
