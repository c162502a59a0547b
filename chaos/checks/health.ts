/** Checks GET /health against proof: a check is judged only if the evidence before and after it agrees. */
import type { Made } from "../nemesis.ts";
import type { HealthLook, Probe, Seen } from "../watch.ts";
import type { Evidence, Finding } from "./evidence.ts";

/** Time before and after a check in which a fault must be in force and probes must agree. */
const MARGIN_MS = 100;
/** Time after a fault until everything must work. */
const GRACE_MS = 10_000;
/** A working server answers a probe within this time. */
const FAST_MS = 300;
/** Time for which health must have said "unavailable" without a reason. */
const LIE_MS = 1_500;

export function checkHealth({ seen, made, ledger, told }: Evidence): Finding {
  const violations: string[] = [];
  const hopeful = seen.health.filter((look) => look.status === "ok" && look.endedAt - look.startedAt < 8_000);
  for (const look of hopeful) {
    const fault = made.find((one) => isDenying(one, look, seen.probes));
    if (!fault) continue;
    violations.push(
      `said ok at ${new Date(look.startedAt).toISOString()}, during ${fault.name}, which prevents writes to ${fault.denies}`,
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
        `said unavailable at ${new Date(look.startedAt).toISOString()}, although everything worked: ${look.text}`,
      );
      lieSince = look.startedAt;
    }
  }
  if (told.health !== "ok") violations.push(`says ${told.health} after all faults`);
  const faulty = seen.health.filter((look) => made.some((one) => isDenying(one, look, seen.probes))).length;
  return {
    name: "health reports the truth",
    checked: seen.health.length,
    violations,
    note: `${faulty} checks while a server certainly accepted no writes, ${fine} while everything certainly worked`,
  };
}

/** True if this fault certainly prevented the functions' writes during the complete check. */
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

/** True if everything worked at that time and shortly before. */
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
