/** A run's result, as a table and as JSON. */
import type { Finding } from "./checks/evidence.ts";
import type { Recovery } from "./checks/recovery.ts";
import type { Options } from "./options.ts";

export interface Report {
  options: Options;
  startedAt: string;
  seconds: number;
  events: number;
  requests: number;
  quietMs: number;
  findings: Finding[];
  recoveries: Recovery[];
  skipped: { name: string; reason: string }[];
  tally: Record<string, number>;
  ok: boolean;
}

const MOST_SHOWN = 5;

/** Undefined values belong to faults that ended with the load. */
const ms = (value: number | undefined): string => (value === undefined ? "-" : `${value} ms`);

export function toText({
  options,
  events,
  requests,
  quietMs,
  findings,
  recoveries,
  skipped,
  tally,
  ok,
}: Report): string {
  const lines: string[] = [];
  const wide = Math.max(...recoveries.map(({ name }) => name.length), 5);
  if (recoveries.length > 0) {
    lines.push(`${"fault".padEnd(wide)}      at    lasts accept after  stored after`);
    for (const { name, atS, lastedS, takenMs, storedMs } of recoveries)
      lines.push(
        `${name.padEnd(wide)} ${atS.toFixed(1).padStart(6)}s ${lastedS.toFixed(1).padStart(6)}s ${ms(takenMs).padStart(12)} ${ms(storedMs).padStart(13)}`,
      );
    lines.push("");
  }
  for (const { name, reason } of skipped) lines.push(`skipped: ${name}: ${reason}`);
  const names = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, checked, violations, note } of findings) {
    const verdict = violations.length === 0 ? "ok    " : "FAILED";
    const count = violations.length === 0 ? "" : ` ${violations.length} violations`;
    lines.push(
      `${verdict} ${name.padEnd(names)} ${String(checked).padStart(8)} checked${count}${note ? ` (${note})` : ""}`,
    );
    for (const violation of violations.slice(0, MOST_SHOWN)) lines.push(`         ${violation}`);
  }
  lines.push("");
  lines.push(
    Object.entries(tally)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name}: ${count}`)
      .join(", "),
  );
  lines.push(
    `${events} events stored, ${requests} requests accepted; queue empty ${(quietMs / 1_000).toFixed(1)} s after the last request`,
  );
  lines.push(`${ok ? "ok" : "FAILED"}: ${commandOf(options)}`);
  return lines.join("\n");
}

/** The command that repeats the run. */
export function commandOf(options: Options): string {
  const { queue, seed, seconds, clients, proxy, lossy, faults, appendfsync, visibility, mutant } = options;
  return [
    "npm run chaos --",
    `--queue ${queue} --seed ${seed} --seconds ${seconds} --clients ${clients} --visibility ${visibility}`,
    `--appendfsync ${appendfsync}`,
    proxy && "--proxy",
    lossy && "--lossy",
    faults && `--faults ${faults.join(",")}`,
    mutant && `--mutant ${mutant}`,
  ]
    .filter(Boolean)
    .join(" ");
}
