/** GET /health tells no lie that can be proved: only where both sides of a look say the same is it judged. */
import type { Made } from "../nemesis.ts";
import type { HealthLook, Probe, Seen } from "../watch.ts";
import type { Evidence, Finding } from "./evidence.ts";

/** Around a look, in which a fault must be in force, and in which probes must agree. */
const MARGIN_MS = 100;
/** After a fault, until all must be well. */
const GRACE_MS = 10_000;
/** A fine server answers a probe within this. */
const FAST_MS = 300;
/** So long health must have said "unavailable" without a reason. */
const LIE_MS = 1_500;

export function checkHealth({ seen, made, ledger, told }: Evidence): Finding {
  const violations: string[] = [];
  const hopeful = seen.health.filter((look) => look.status === "ok" && look.endedAt - look.startedAt < 8_000);
  for (const look of hopeful) {
    const fault = made.find((one) => isDenying(one, look, seen.probes));
    if (!fault) continue;
    violations.push(
      `said ok at ${new Date(look.startedAt).toISOString()}, during ${fault.name}, which lets ${fault.denies} take nothing`,
    );
  }
  const answered = ledger.taken.map(({ startedAt, endedAt }) => ({ startedAt, endedAt }));
  let lieSince: number | undefined;
  let fine = 0;
  for (const look of seen.health) {
    const well =
      isWell(look, seen, made) &&
      answered.some((call) => call.startedAt > look.startedAt - 2_000 && call.endedAt < look.endedAt + 2_000);
    if (well) fine++;
    if (!well || look.status === "ok") {
      lieSince = undefined;
      continue;
    }
    lieSince ??= look.startedAt;
    if (look.startedAt - lieSince >= LIE_MS) {
      violations.push(
        `said unavailable at ${new Date(look.startedAt).toISOString()}, with all well: ${look.text}`,
      );
      lieSince = look.startedAt;
    }
  }
  if (told.health !== "ok") violations.push(`says ${told.health} after all faults`);
  const faulty = seen.health.filter((look) => made.some((one) => isDenying(one, look, seen.probes))).length;
  return {
    name: "health tells the truth",
    checked: seen.health.length,
    violations,
    note: `${faulty} looks while a server certainly took nothing, ${fine} with all certainly well`,
  };
}

/** Whether this fault certainly kept the functions from writing during the whole look. */
function isDenying(fault: Made, { startedAt, endedAt }: HealthLook, probes: readonly Probe[]): boolean {
  if (fault.denies === undefined || fault.skipped !== undefined) return false;
  if (fault.from > startedAt - MARGIN_MS || fault.to < endedAt + MARGIN_MS) return false;
  if (fault.onLink) return true;
  const during = probes.filter(
    (probe) =>
      probe.server === fault.denies && probe.startedAt >= fault.from && probe.endedAt <= fault.to + 1_500,
  );
  const overlapping = during.filter((probe) => probe.endedAt > startedAt && probe.startedAt < endedAt);
  return (
    during.some((probe) => !probe.ok && probe.endedAt <= startedAt) &&
    during.some((probe) => !probe.ok && probe.endedAt >= endedAt) &&
    overlapping.every(({ ok }) => !ok)
  );
}

/** Whether nothing was wrong then, nor shortly before. */
function isWell(
  { startedAt, endedAt }: HealthLook,
  { probes, pauses }: Seen,
  made: readonly Made[],
): boolean {
  const from = startedAt - 1_000;
  const to = endedAt + 1_000;
  const disturbed = made.some(
    (fault) => fault.skipped === undefined && fault.from < to && fault.healedAt + GRACE_MS > from,
  );
  if (disturbed || pauses.some(({ at, ms }) => at < to && at + ms > from)) return false;
  const near = probes.filter((probe) => probe.endedAt > from && probe.startedAt < to);
  return near.length > 0 && near.every((probe) => probe.ok && probe.endedAt - probe.startedAt < FAST_MS);
}
