import cliProgress from "cli-progress";

export interface Progress {
  update(position: number, text: string): void;
  stop(): void;
}

const none: Progress = { update: () => {}, stop: () => {} };

/** A bar on standard error, only if that is a terminal. @param total undefined if it is unknown; then only the text */
export function startProgress(total: number | undefined): Progress {
  const stream = process.stderr;
  if (!stream.isTTY) return none;
  const bar = new cliProgress.SingleBar({
    format:
      total === undefined
        ? "{text}, {duration_formatted}"
        : "{bar} {percentage} %  {text}, {duration_formatted}",
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    stream,
    hideCursor: true,
    stopOnComplete: false,
    fps: 5,
  });
  bar.start(total ?? 1, 0, { text: "" });
  // Also if the process ends early: the cursor must come back.
  const stop = (): void => {
    if (bar.isActive) bar.stop();
    process.off("exit", stop);
  };
  process.on("exit", stop);
  return { update: (position, text) => bar.update(Math.min(position, total ?? 1), { text }), stop };
}
