/** Limits the calls that wait in this process, so that they leave room for others. */
import { Problem } from "../http/problem.ts";

/** The part of the places that calls of one client may take. */
const SHARE = 0.2;
/** About as long as a call waits. */
const RETRY_SECONDS = 10;

const byClient = new Map<string | null, number>();
let all = 0;

/**
 * Call before a call begins to wait.
 * @param most calls that may wait in this process
 * @returns to be called when it no longer waits
 * @throws {Problem} `overloaded` if too many wait
 */
export function enterWaiting(clientId: string | null, most: number): () => void {
  const own = byClient.get(clientId) ?? 0;
  if (all >= most || own >= Math.ceil(most * SHARE))
    throw new Problem("overloaded", "Too many calls are waiting for events.", {
      headers: { "retry-after": String(RETRY_SECONDS) },
    });
  all++;
  byClient.set(clientId, own + 1);
  return () => {
    all--;
    const left = (byClient.get(clientId) ?? 1) - 1;
    if (left === 0) byClient.delete(clientId);
    else byClient.set(clientId, left);
  };
}
