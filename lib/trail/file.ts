/** Verifies a trail file line by line, offline. */
import { type Fault, parseItem, type TrailItem } from "./trail.ts";
import type { Verification } from "./verification.ts";
import { TrailVerifier, type VerifierOptions } from "./verify.ts";

/**
 * Lines of a text that arrives in pieces. node:readline does not fit: it also ends lines at U+2028, which a user agent
 * may contain.
 */
export async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Stops reading at the first fault. */
export async function verifyLines(
  lines: AsyncIterable<string> | Iterable<string>,
  options: Omit<VerifierOptions, "wants" | "resume">,
): Promise<Verification> {
  const verifier = new TrailVerifier(options);
  let number = 0;
  for await (const line of lines) {
    number += 1;
    verifier.push(itemOf(line, number));
    if (verifier.fault) break;
  }
  return verifier.end();
}

function itemOf(line: string, number: number): TrailItem {
  try {
    return parseItem(line);
  } catch (error) {
    const reason = `line ${number} is not an item of a trail: ${(error as Error).message}`;
    return { type: "fault", ...placeIn(line), line: number, reason };
  }
}

/** The place that an unreadable line claims to have. */
function placeIn(line: string): Omit<Fault, "reason"> {
  try {
    const item = Object(JSON.parse(line)) as Record<string, unknown>;
    const number = (name: string) => (Number.isSafeInteger(item[name]) ? { [name]: item[name] } : {});
    const place = { ...number("lane"), ...number("seal"), ...number("leaf"), ...number("checkpoint") };
    if (item.type === "entry" || item.type === "seal" || item.type === "checkpoint")
      return { kind: item.type, ...place };
  } catch {
    // Not even JSON.
  }
  return { kind: "file" };
}
