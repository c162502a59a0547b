/** Verifies the log part by part, so that it shows progress and can be stopped. The server does the work. */
import type { Parameters, Result } from "../../api/client.ts";

type Query = NonNullable<Parameters<"verifyAudit">["query"]>;
export type Verification = Result<"verifyAudit">;

/** Some full days in UTC, which is how the API divides the log; the whole log if both are undefined. */
export interface Part {
  start: string | undefined;
  end: string | undefined;
}

export interface PartResult {
  part: Part;
  /** Totals of the part so far; undefined before its first answer. */
  so_far: Verification | undefined;
  state: "running" | "valid" | "invalid";
}

const DAY = 86_400_000;
/** More parts would each be so short that asking takes longer than verifying. */
const MOST_PARTS = 31;
/** Entries that one call verifies: a second or less. */
const ENTRIES_PER_CALL = 20_000;

/**
 * Divides a range into parts of full days, oldest first. An open range is one part.
 * @param now milliseconds since the Unix epoch; there is nothing to verify after it
 */
export function partsOf({ start, end }: Part, now: number): Part[] {
  if (start === undefined) return [{ start: undefined, end: end === undefined ? undefined : dayAfter(end) }];
  const first = Math.floor(Date.parse(start) / DAY);
  const last = Math.ceil(Math.min(end === undefined ? now : Date.parse(end), now) / DAY);
  const days = Math.max(1, last - first);
  const length = Math.ceil(days / MOST_PARTS);
  return Array.from({ length: Math.ceil(days / length) }, (_, index) => ({
    start: toText(first + index * length),
    end: toText(Math.min(first + (index + 1) * length, first + days)),
  }));
}

const dayAfter = (time: string): string => toText(Math.ceil(Date.parse(time) / DAY));
const toText = (day: number): string => new Date(day * DAY).toISOString().replace(".000Z", "Z");

/**
 * Verifies parts one after another, and yields the results so far after each answer. It ends with the first invalid part.
 * @param ask calls the API; what it throws ends the verification
 */
export async function* verifyParts(
  parts: readonly Part[],
  ask: (query: Query) => Promise<Verification>,
): AsyncGenerator<readonly PartResult[]> {
  const done: PartResult[] = [];
  for (const part of parts) {
    yield [...done, { part, so_far: undefined, state: "running" }];
    for await (const result of verifyPart(part, ask)) {
      if (result.state === "running") yield [...done, result];
      else done.push(result);
    }
    yield [...done];
    if (done.at(-1)?.state === "invalid") return;
  }
}

async function* verifyPart(
  part: Part,
  ask: (query: Query) => Promise<Verification>,
): AsyncGenerator<PartResult> {
  const { start, end } = part;
  const days = { ...(start !== undefined && { start }), ...(end !== undefined && { end }) };
  let cursor: string | null = null;
  do {
    const answer: Verification = await ask({
      ...days,
      limit: ENTRIES_PER_CALL,
      ...(cursor !== null && { cursor }),
    });
    cursor = answer.valid && !answer.complete ? answer.next_cursor : null;
    const end = answer.valid ? "valid" : "invalid";
    yield { part, so_far: answer, state: cursor === null ? end : "running" };
  } while (cursor !== null);
}

/** A part as a reader names it. The end is exclusive, so the last day is the one before it. */
export function describePart({ start, end }: Part): string {
  if (start === undefined) return end === undefined ? "the whole log" : `all days before ${end.slice(0, 10)}`;
  const last = new Date(Date.parse(end ?? start) - DAY).toISOString().slice(0, 10);
  const first = start.slice(0, 10);
  return first === last ? first : `${first} to ${last}`;
}

/** Entries that were checked so far. Parts share no entries, but may share seals and checkpoints at their limits. */
export const checkedEntries = (results: readonly PartResult[]): number =>
  results.reduce((total, { so_far }) => total + (so_far?.entries ?? 0), 0);
