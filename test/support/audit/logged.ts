/** Captures what an instance prints while a test runs: its log and its metrics. */
import { vi } from "vitest";

/** @returns the text printed so far, and a function that stops the capture */
export function capturePrinted(): { text: () => string; stop: () => void } {
  let text = "";
  const keep = (chunk: string | Uint8Array): boolean => {
    text += String(chunk);
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation(keep),
  );
  return {
    text: () => text,
    stop: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}

/** The number of calls that were not queued by the metric in the printed text, by function. */
export function unqueuedMetric(text: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const line of text.split("\n").filter((one) => one.includes('"AuditNotQueued"'))) {
    const { FunctionName: name, AuditNotQueued: count } = JSON.parse(line);
    sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}
