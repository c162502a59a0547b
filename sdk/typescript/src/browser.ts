/** The entry for browsers and other runtimes. */
import type { SenderOptions } from "./options.ts";
import type { Exiting, Platform } from "./platform.ts";
import { BaseSender } from "./sender.ts";

export * from "./exports.ts";

const busy = new Set<Exiting>();
const hurry = (): void => {
  for (const sender of busy) sender.hurry();
};
const onVisibility = (): void => {
  if (document.visibilityState === "hidden") hurry();
};

const platform: Platform = {
  unref: () => {},
  hold: () => () => {},
  watch: (sender, isBusy) => {
    // Workers have no document.
    if (typeof document === "undefined") return;
    if (isBusy && busy.size === 0) {
      document.addEventListener("visibilitychange", onVisibility);
      addEventListener("pagehide", hurry);
    }
    if (isBusy) busy.add(sender);
    else busy.delete(sender);
    if (busy.size > 0) return;
    document.removeEventListener("visibilitychange", onVisibility);
    removeEventListener("pagehide", hurry);
  },
  onSignals: () => () => {},
  // Browsers allow 64 KiB for all such requests of a page together.
  keepaliveBytes: 60_000,
};

/** Delivers events in batches; see `BaseSender`. Events still waiting when the page is hidden are sent at once. */
export class Sender extends BaseSender {
  /** @throws {TypeError | RangeError} if an option is invalid */
  constructor(options: SenderOptions) {
    super(options, platform);
  }
}
