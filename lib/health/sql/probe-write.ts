import type { Executor } from "../../postgres/client.ts";

/**
 * Writes a row and takes it back, in one round trip. What is taken back is an inner transaction; the outer one, which
 * then has nothing to write, commits, with its log flushed and confirmed by whatever standby a commit has to wait for.
 * A standby, a database that only takes reading transactions and one that can't write its log fail here.
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
