/** The entry for Node. */
import process from "node:process";
import type { SenderOptions } from "./options.ts";
import { type Exiting, LONGEST_DELAY_MS, type Platform } from "./platform.ts";
import { BaseSender } from "./sender.ts";

export * from "./exports.ts";

const busy = new Set<Exiting>();
const finish = (): void => {
  for (const sender of busy) void sender.finish();
};

const platform: Platform = {
  // Undefined if a test replaced the timers.
  unref: (timer) => void (timer as Partial<NodeJS.Timeout>).unref?.(),
  hold: () => {
    const timer = setInterval(() => {}, LONGEST_DELAY_MS);
    return () => clearInterval(timer);
  },
  watch: (sender, isBusy) => {
    if (isBusy && busy.size === 0) process.on("beforeExit", finish);
    if (isBusy) busy.add(sender);
    else busy.delete(sender);
    if (busy.size === 0) process.off("beforeExit", finish);
  },
  onSignals: (names, sender) => {
    const end = (name: string): void => {
      void sender.close().finally(() => {
        // Without our handler, the signal has its usual effect, unless the program has a handler of its own.
        process.kill(process.pid, name);
      });
    };
    for (const name of names) process.once(name, end);
    return () => {
      for (const name of names) process.off(name, end);
    };
  },
  keepaliveBytes: 0,
};

/** Delivers events in batches; see `BaseSender`. A process that is about to end waits until its events are delivered. */
export class Sender extends BaseSender {
  /** @throws {TypeError | RangeError} if an option is invalid */
  constructor(options: SenderOptions) {
    super(options, platform);
  }
}
