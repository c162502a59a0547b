/** Follows the change feed. */
import { expect } from "vitest";
import { listEvents } from "../../../lib/events/contract.ts";
import type { Ask } from "./reading.ts";

export interface FeedPage {
  events: { client_id: string; event_id: string }[];
  next_cursor: string;
}

/** Reads one page. @param after undefined for the beginning */
export async function feedPage(
  ask: Ask,
  after?: string,
  query: Record<string, string | string[]> = {},
): Promise<FeedPage> {
  const answer = await ask(listEvents, {
    query: { order: "asc", ...query, ...(after !== undefined && { after }) },
  });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.link).toBeUndefined();
  return answer.body as unknown as FeedPage;
}

/** Reads from a cursor until a page is empty. @returns what it saw, as "client id", and the last cursor */
export async function followFeed(
  ask: Ask,
  after?: string,
  query: Record<string, string | string[]> = {},
): Promise<{ seen: string[]; cursor: string }> {
  const seen: string[] = [];
  for (let cursor = after; ; ) {
    const page = await feedPage(ask, cursor, query);
    seen.push(...page.events.map(({ client_id, event_id }) => `${client_id} ${event_id}`));
    cursor = page.next_cursor;
    if (page.events.length === 0) return { seen, cursor };
  }
}
