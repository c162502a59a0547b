/** Times in the zone that the user chose. */

/** The zone of the browser. */
export const localZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** All zones that the browser knows, with UTC, which some leave out. */
export const allZones = (): string[] => [...new Set(["UTC", ...Intl.supportedValuesOf("timeZone")])];

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    const parts = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
    const time = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, era: "short", ...parts, ...time });
    formats.set(zone, format);
  }
  return format;
}

/** True if the browser knows the zone: one in a URL may be misspelled. */
export function isZone(zone: string): boolean {
  try {
    return formatFor(zone) !== undefined;
  } catch {
    return false;
  }
}

/** The date and time that clocks in the zone show, as `YYYY-MM-DDTHH:MM:SS`. @param ms since the Unix epoch */
export function wallClock(ms: number, zone: string): string {
  const parts = Object.fromEntries(
    formatFor(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  const { year = "", month, day, hour, minute, second } = parts;
  return `${year.padStart(4, "0")}-${month}-${day}T${hour}:${minute}:${second}`;
}

/**
 * The time at which clocks in the zone show a date and time. Where they show it twice, the first time; where they skip it, the
 * time just as long after the gap.
 * @param clock such as `2026-03-29T02:30`
 * @returns milliseconds since the Unix epoch, or undefined if the text is no date and time
 */
export function fromWallClock(clock: string, zone: string): number | undefined {
  const asUtc = Date.parse(`${clock}Z`);
  if (Number.isNaN(asUtc)) return undefined;
  const day = 86_400_000;
  const candidates = [asUtc - day, asUtc + day].map((near) => asUtc - offsetAt(near, zone));
  const exact = candidates.filter((ms) => ms + offsetAt(ms, zone) === asUtc);
  return Math.min(...(exact.length > 0 ? exact : [asUtc - offsetAt(asUtc - day, zone)]));
}

/** Offset from UTC in milliseconds. */
const offsetAt = (ms: number, zone: string): number =>
  Date.parse(`${wallClock(ms, zone)}Z`) - Math.floor(ms / 1_000) * 1_000;
