/** Runs a scheduled function once at the start: a laptop may be off at the scheduled times. */
export interface FirstRun {
  /** Stops waiting for it. The next run does what it has not done. */
  stop(): Promise<void>;
}

/**
 * Calls a function without waiting for it.
 * @param name of the function, for log lines
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
  // Like Lambda, the emulator answers 200 with this header if the function threw.
  if (!response.ok || response.headers.has("x-amz-function-error")) throw new Error(text.slice(0, 200));
}
