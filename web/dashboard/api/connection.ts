/** Whether the API can be reached, as calls found out. */
import { signal } from "@preact/signals";
import { WeirError } from "../../../sdk/typescript/src/errors.ts";

/** True from a call without an answer until the API answers again. */
export const offline = signal(false);

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/** True if a call failed for lack of an answer, and not because it was cancelled. */
export const isOffline = (error: unknown): boolean =>
  !(error instanceof WeirError) && !(error instanceof DOMException && error.name === "AbortError");

type Waiter = () => void;
const waiting = new Set<Waiter>();
let timer: ReturnType<typeof setTimeout> | undefined;
let waitMs = FIRST_WAIT_MS;

/** Calls back once when the API answers again. One probe serves all that wait. */
export function whenOnline(signal: AbortSignal, callback: Waiter): void {
  offline.value = true;
  waiting.add(callback);
  signal.addEventListener("abort", () => waiting.delete(callback), { once: true });
  timer ??= setTimeout(probe, waitMs);
}

/** Asks at once whether the API answers. */
export async function probe(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  try {
    await fetch("/health/live", { cache: "no-store", signal: AbortSignal.timeout(5_000) });
  } catch {
    waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    timer = setTimeout(probe, waitMs);
    return;
  }
  waitMs = FIRST_WAIT_MS;
  offline.value = false;
  const callbacks = [...waiting];
  waiting.clear();
  for (const callback of callbacks) callback();
}

addEventListener("online", () => {
  if (offline.value) void probe();
});
