import { useState } from "preact/hooks";

/** Something that the user starts and that may fail. */
export interface Action<Words extends unknown[]> {
  /** Ignored while it runs. @returns false if it failed */
  run(...words: Words): Promise<boolean>;
  isBusy: boolean;
  /** Of the last run. */
  error: unknown;
}

/** Runs an action of the user, one at a time, and keeps its error. */
export function useAction<Words extends unknown[]>(act: (...words: Words) => Promise<void>): Action<Words> {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = async (...words: Words): Promise<boolean> => {
    if (isBusy) return false;
    setBusy(true);
    setError(undefined);
    try {
      await act(...words);
      return true;
    } catch (fault) {
      setError(fault);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, isBusy, error };
}
