/** Reads lists and exports page by page. */
import { expect } from "vitest";
import type { Operation } from "../../../lib/http/operation.ts";
import type { Ask } from "./reading.ts";

/** Follows the `Link` headers, each of which must contain the cursor that its page gives. */
export async function* pagesOf(
  ask: Ask,
  operation: Operation,
  query: Record<string, string> | URLSearchParams = {},
): AsyncGenerator<Awaited<ReturnType<Ask>>> {
  let next: URLSearchParams | undefined = new URLSearchParams(query);
  while (next) {
    const page = await ask(operation, { query: next });
    expect(page.status, page.text).toBe(200);
    yield page;
    const [, path, link] = /^<(.*)\?(.*)>; rel="next"$/.exec(String(page.headers.link ?? "")) ?? [];
    if (link !== undefined) expect(path).toBe(operation.path);
    next = link === undefined ? undefined : new URLSearchParams(link);
    expect(next?.get("cursor") ?? null).toBe(page.headers["x-next-cursor"] ?? page.body.next_cursor ?? null);
  }
}

/** Returns the items of all pages. @param member of each page's body that contains them */
export async function listAll<T>(
  ask: Ask,
  operation: Operation,
  member: string,
  query: Record<string, string> | URLSearchParams = {},
): Promise<T[]> {
  const items: T[] = [];
  for await (const { body } of pagesOf(ask, operation, query)) items.push(...(body[member] as T[]));
  return items;
}

/** Returns the texts of an export's pieces. */
export async function readPieces(
  ask: Ask,
  operation: Operation,
  query: Record<string, string> = {},
): Promise<string[]> {
  const pieces: string[] = [];
  for await (const { text } of pagesOf(ask, operation, query)) {
    // A Lambda answer is a JSON document of at most 6 MiB that contains the body as a string.
    expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThan(4_500_000);
    pieces.push(text);
  }
  return pieces;
}
