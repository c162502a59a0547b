/** What all our processes do: say that they are ready, and end when they are told or their parent has gone. */
export function ready(stop: () => Promise<unknown>): void {
  const end = (): void => void stop().finally(() => process.exit(0));
  process.once("SIGTERM", end);
  process.once("disconnect", () => process.exit(1));
  process.send?.("ready");
}
