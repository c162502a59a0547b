import type { Fault, WeirError } from "./errors.ts";
import type { components } from "./generated/openapi.ts";
import { parseJson, toError } from "./http.ts";

type Accepted = components["schemas"]["Accepted"];

/** What became of a request with events. */
export type Answer =
  /** Each event is queued, or has a fault. */
  | { kind: "settled"; accepted: Accepted | undefined; faults: ReadonlyMap<number, Fault>; error?: WeirError }
  /** All of it may succeed later. `suspect` if the cause may be the request itself. */
  | { kind: "failed"; cause: unknown; retryAfterMs: number | undefined; suspect: boolean }
  | { kind: "too-large"; error: WeirError }
  | { kind: "refused"; error: WeirError };

/** Statuses of temporary errors, and those of them that a request may cause by being hard to process. */
const isTemporary = (status: number): boolean =>
  status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501);
const SUSPECT = [408, 500, 504];

/**
 * Reads a response to a request of `size` events. A response that does not account for each event, such as one of a proxy
 * on the way, confirms nothing.
 */
export async function readAnswer(response: Response, size: number): Promise<Answer> {
  const { status } = response;
  if (response.ok) {
    const accepted = parseJson(await response.text());
    const faults = isAccepted(accepted) ? byIndex(accepted.errors, size) : undefined;
    if (status === 202 && faults && addsUp(accepted as Accepted, faults, size))
      return { kind: "settled", accepted: accepted as Accepted, faults };
    const cause = new Error(`The response with status ${status} does not confirm the events.`);
    return { kind: "failed", cause, retryAfterMs: undefined, suspect: false };
  }
  const error = await toError(response);
  if (isTemporary(status)) {
    const { retryAfterMs } = error;
    return { kind: "failed", cause: error, retryAfterMs, suspect: SUSPECT.includes(status) };
  }
  if (status === 413) return { kind: "too-large", error };
  if (error.code === "no-valid-events") {
    const faults = byIndex(error.errors, size);
    if (faults?.size === size) return { kind: "settled", accepted: undefined, faults, error };
  }
  return { kind: "refused", error };
}

function isAccepted(body: unknown): body is Accepted {
  if (typeof body !== "object" || body === null) return false;
  const { receipt_id, accepted, duplicates, errors } = body as Record<string, unknown>;
  return (
    typeof receipt_id === "string" &&
    typeof accepted === "number" &&
    typeof duplicates === "number" &&
    Array.isArray(errors)
  );
}

const addsUp = ({ accepted, duplicates }: Accepted, faults: ReadonlyMap<number, Fault>, size: number) =>
  accepted + duplicates + faults.size === size;

/** @returns undefined if a fault does not say which event it means */
function byIndex(faults: readonly Fault[], size: number): ReadonlyMap<number, Fault> | undefined {
  const map = new Map<number, Fault>();
  for (const fault of faults) {
    const { index } = fault;
    if (index === undefined || !(index >= 0 && index < size)) return undefined;
    map.set(index, fault);
  }
  return map;
}

/** Most events that the client's rate limit allows at once. */
export function readQuota(response: Response): number | undefined {
  const quota = Number(/;q=(\d+)/.exec(response.headers.get("ratelimit-policy") ?? "")?.[1]);
  return quota >= 1 ? quota : undefined;
}

/**
 * Exponential backoff with full jitter: any time up to the limit, so that clients that failed together do not come back
 * together.
 * @param failures consecutive ones, from 1
 */
export const backoff = (
  failures: number,
  { minBackoffMs, maxBackoffMs }: { minBackoffMs: number; maxBackoffMs: number },
  random = Math.random(),
): number => random * Math.min(maxBackoffMs, minBackoffMs * 2 ** (failures - 1));
