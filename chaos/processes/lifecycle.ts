/** Shared by all our processes: report readiness, and end when told to or when the parent has ended. */
export function ready(stop: () => Promise<unknown>): void {
  const end = (): void => void stop().finally(() => process.exit(0));
  process.once("SIGTERM", end);
  process.once("disconnect", () => process.exit(1));
  process.send?.("ready");
}
