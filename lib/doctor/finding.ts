/** What a check of a system has found. */
export interface Finding {
  server: "PostgreSQL" | "Redis" | "queue";
  check: string;
  /** `error`: something does not work, or a promise is broken. `warning`: it will not work for long, or was not tried. */
  state: "ok" | "warning" | "error";
  found: string;
  /** What to do; only if there is something to do. */
  advice?: string;
}

type About = Pick<Finding, "server" | "check">;

export const ok = (about: About, found: string): Finding => ({ ...about, state: "ok", found });

export const warning = (about: About, found: string, advice: string): Finding => ({
  ...about,
  state: "warning",
  found,
  advice,
});

export const failure = (about: About, found: string, advice: string): Finding => ({
  ...about,
  state: "error",
  found,
  advice,
});

/** An error in words for an operator: ioredis reports a failed connection by the name of one of its options. */
export const reasonOf = (error: unknown): string =>
  (error as Error).name === "MaxRetriesPerRequestError" ? "no connection" : (error as Error).message;

/** Milliseconds by which two clocks may differ. */
const MAX_SKEW_MS = 2_000;

/**
 * Compares a server's clock with this machine's. The server read it at some time between the request and its answer, which
 * is left out of the difference.
 * @param at the server's time, in milliseconds since the Unix epoch
 */
export function clockFinding(
  about: Pick<Finding, "server">,
  { asked, at, answered }: { asked: number; at: number; answered: number },
): Finding {
  const skew = Math.round(at < asked ? at - asked : Math.max(0, at - answered));
  const clock = { ...about, check: "clock" };
  if (Math.abs(skew) <= MAX_SKEW_MS) return ok(clock, "agrees with this machine's");
  const [far, way] = [(Math.abs(skew) / 1_000).toFixed(1), skew > 0 ? "ahead of" : "behind"];
  return warning(
    clock,
    `${far} s ${way} this machine's`,
    "Times of events, keys and rate limits are compared across machines: let each follow a time server (NTP).",
  );
}
