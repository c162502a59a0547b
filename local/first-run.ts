/** What a schedule does, done once at the start: a laptop may not be on when its hour, or minute, is full. */
export interface FirstRun {
  /** Stops waiting for it. What it has not done, the next run does. */
  stop(): Promise<void>;
}

/**
 * Calls a function and does not wait for it.
 * @param name of what it does, for people
 * @param url the function's `…/invocations`
 */
export function startFirstRun(name: string, url: string, log: (line: string) => void): FirstRun {
  const stopping = new AbortController();
  const run = invoke(url, stopping.signal).catch((error: Error) => {
    if (!stopping.signal.aborted) log(`${name} did not run: ${error.message}`);
  });
  return {
    stop: () => {
      stopping.abort();
      return run;
    },
  };
}

async function invoke(url: string, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { method: "POST", body: "{}", signal });
  const text = await response.text();
  // The emulator, as Lambda, answers 200 where the function threw, and tells by this header.
  if (!response.ok || response.headers.has("x-amz-function-error")) throw new Error(text.slice(0, 200));
}
