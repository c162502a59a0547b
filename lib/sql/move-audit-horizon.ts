import type { Executor } from "./client.ts";

/**
 * Moves the first day whose audit entries are kept. Never back: what is missing before it is known to have expired, and
 * what was signed of it can't be taken back.
 * @param day such as `2026-03-01`
 */
export async function moveAuditHorizon(sql: Executor, day: string): Promise<void> {
  await sql`UPDATE retention SET audit_horizon = ${day}::text::date WHERE audit_horizon < ${day}::text::date`;
}
