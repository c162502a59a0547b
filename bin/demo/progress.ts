/** Progress of the demo: a bar on a terminal, a few lines elsewhere. */
import cliProgress from "cli-progress";
import { formatCount } from "./summary.ts";

export interface Progress {
  /** Starts a stage of `total` events. */
  start(stage: string, total: number): void;
  advance(events: number): void;
  stop(): void;
}

/** A bar only on a terminal, so that log files do not fill with control characters. */
export const createProgress = (out: NodeJS.WriteStream): Progress =>
  out.isTTY ? bar(out) : lines((line) => out.write(`${line}\n`));

function bar(stream: NodeJS.WriteStream): Progress {
  const shown = new cliProgress.SingleBar({
    format: "{stage} {bar} {percentage}%  {value} of {total} events, {duration_formatted}",
    formatValue: (value, _options, type) =>
      type === "value" || type === "total" ? formatCount(value) : String(value),
    barCompleteChar: "█",
    barIncompleteChar: "░",
    stream,
  });
  return {
    start: (stage, total) => {
      if (total > 0) shown.start(total, 0, { stage });
    },
    advance: (events) => shown.increment(events),
    // Stopping an unstarted bar would print an empty line.
    stop: () => {
      if (shown.isActive) shown.stop();
    },
  };
}

/** A line at every quarter. */
function lines(say: (line: string) => void): Progress {
  const now = { stage: "", total: 0, done: 0 };
  const quarter = (): number => Math.floor((now.done * 4) / now.total);
  return {
    start: (stage, total) => Object.assign(now, { stage, total, done: 0 }),
    advance: (events) => {
      const before = quarter();
      now.done += events;
      if (quarter() > before)
        say(`${now.stage}: ${formatCount(now.done)} of ${formatCount(now.total)} events`);
    },
    stop: () => {},
  };
}
