/** Measures how long after each fault events were accepted and stored again. */
import type { Evidence } from "./evidence.ts";

export interface Recovery {
  name: string;
  detail: string;
  /** Seconds from the start of the first fault. */
  atS: number;
  lastedS: number;
  /** Milliseconds from the end of the fault to the first 202 and the first stored event; undefined if there was none. */
  takenMs: number | undefined;
  storedMs: number | undefined;
}

export function recoveries({ made, ledger, truth }: Pick<Evidence, "made" | "ledger" | "truth">): Recovery[] {
  const begun = Math.min(...made.map(({ from }) => from));
  const stored = truth.events.map(({ processedAt }) => processedAt).sort((a, b) => a - b);
  return made
    .filter(({ skipped }) => skipped === undefined)
    .map(({ name, detail, from, healedAt }) => {
      const taken = ledger.taken
        .filter(({ startedAt }) => startedAt >= healedAt)
        .reduce((first, { endedAt }) => Math.min(first, endedAt), Number.POSITIVE_INFINITY);
      const storedAt = stored.find((at) => at >= healedAt);
      return {
        name,
        detail,
        atS: (from - begun) / 1_000,
        lastedS: (healedAt - from) / 1_000,
        takenMs: Number.isFinite(taken) ? taken - healedAt : undefined,
        storedMs: storedAt === undefined ? undefined : Math.round(storedAt - healedAt),
      };
    });
}
