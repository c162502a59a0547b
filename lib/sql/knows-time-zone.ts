import { sqlState } from "../errors.ts";
import type { Executor } from "./client.ts";

const INVALID_PARAMETER_VALUE = "22023";

/** Asked by using it: the view pg_timezone_names reads 600 files, for 40 ms and more. */
export async function knowsTimeZone(sql: Executor, name: string): Promise<boolean> {
  try {
    await sql`SELECT now() AT TIME ZONE ${name}`;
    return true;
  } catch (error) {
    if (sqlState(error) === INVALID_PARAMETER_VALUE) return false;
    throw error;
  }
}
