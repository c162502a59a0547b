/** Times in a zone: how the tables show them, and how the options of a range read them. */

import { Temporal } from "temporal-polyfill";
import { parseTime } from "../../lib/base/time.ts";
import { isTimeZone } from "../../lib/base/time-zone.ts";
import { usageError } from "../errors.ts";
import { environment } from "../settings.ts";

/**
 * The zone of `--zone` or WEIR_ZONE, UTC by default; `local` is this machine's.
 * @throws {CliError} if there is no such zone
 */
export function zoneOf({ zone = environment.zone }: { zone?: string | undefined }): string {
  if (zone === undefined) return "UTC";
  if (zone === "local") return Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!isTimeZone(zone))
    throw usageError(
      `${JSON.stringify(zone)} is not a time zone. Use a name such as Europe/Berlin, an offset such as +05:30, or local.`,
    );
  return zone;
}

/** A time of the API as the zone's clock shows it; unchanged in UTC. */
export function inZone(time: string | null, zone: string): string | null {
  if (time === null || zone === "UTC") return time;
  const shown = Temporal.Instant.from(time).toZonedDateTimeISO(zone);
  return shown.toString({ timeZoneName: "never", smallestUnit: "millisecond" });
}

const UNITS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 };

/** A duration such as `15m`, `36h`, `7d`, `1y` (365 days). @returns seconds; undefined if it is something else */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ""] = /^([1-9]\d{0,8})([smhdwy])$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS[unit] ?? 0);
}

const FORMS = "Write 2026-11-23T06:00:00Z, or 2026-11-23 or 2026-11-23T06:00 in the zone of --zone, or now.";

/** A time with an offset as it is; one without as the zone's clock shows it. @returns undefined if it is no time */
export function toInstant(text: string, zone: string): string | undefined {
  if (parseTime(text)) return text;
  if (!/^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?$/.test(text)) return undefined;
  try {
    const local = Temporal.PlainDateTime.from(text.replace(" ", "T"), { overflow: "reject" });
    return local.toZonedDateTime(zone).toInstant().toString();
  } catch {
    // No such day.
    return undefined;
  }
}

/**
 * A time as it may be given to an option, as RFC 3339.
 * @throws {CliError} if it is no time
 */
export function readTime(text: string, zone: string, name: string): string {
  const time = text === "now" ? new Date().toISOString() : toInstant(text, zone);
  if (time === undefined) throw usageError(`${name} is not a time: ${JSON.stringify(text)}.`, [FORMS]);
  return time;
}
