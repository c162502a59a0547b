import type { Deps } from "../../../lib/app/connect.ts";

/** Locks a table against writes. @returns a function that unlocks it */
export async function lockTable({ sql }: Pick<Deps, "sql">, table: string): Promise<() => Promise<void>> {
  const lock = await sql.reserve();
  await lock`BEGIN`;
  await lock`LOCK TABLE ${lock(table)} IN EXCLUSIVE MODE`;
  return async () => {
    await lock`ROLLBACK`;
    lock.release();
  };
}
