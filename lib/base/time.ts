/** RFC 3339 times, to the microsecond as in PostgreSQL. */

const RFC3339 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d+))?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export interface Instant {
  /** Milliseconds since the Unix epoch, rounded down. */
  ms: number;
  /** In UTC, with three fractional digits, or six if the time has microseconds: `2026-11-23T06:00:00.123Z`. */
  text: string;
}

/**
 * @returns undefined if the text is not an RFC 3339 date and time with an offset, names a day that does not exist, or is
 * outside the years 1 to 9999 in UTC, which PostgreSQL reads differently or not at all
 */
export function parseTime(text: string): Instant | undefined {
  return parseCanonical(text) ?? parseAny(text);
}

/** `2026-11-23T06:00:00.123Z`, the form of `toISOString` and of most senders. */
const CANONICAL =
  /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;

/** Tried first, since it takes a third of the time of `parseAny`. */
function parseCanonical(text: string): Instant | undefined {
  if (!CANONICAL.test(text)) return undefined;
  const ms = Date.parse(text);
  // Not every month has more than 28 days, and Date.parse reads 30 February as 2 March.
  if (text.slice(8, 10) > "28" && new Date(ms).toISOString() !== text) return undefined;
  return { ms, text };
}

function parseAny(text: string): Instant | undefined {
  const match = RFC3339.exec(text);
  if (!match) return undefined;
  const [, year, month, day, fraction = ""] = match;
  // Date.parse reads 30 February as 2 March.
  if (Number(day) > new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()) return undefined;
  const ms = Date.parse(text.toUpperCase());
  if (Number.isNaN(ms)) return undefined;
  const utc = new Date(ms).toISOString();
  // An offset can lead into the year 0 or 10000, which neither RFC 3339 nor PostgreSQL can represent.
  if (!/^(?!0000)\d{4}-/.test(utc)) return undefined;
  const micros = fraction.slice(3, 6).padEnd(3, "0");
  return { ms, text: micros === "000" ? utc : `${utc.slice(0, -1)}${micros}Z` };
}

/** The first time that RFC 3339 and PostgreSQL can both represent, and the first time beyond that range, in ms. */
export const FIRST_MS = Date.parse("0001-01-01T00:00:00Z");
export const BEYOND_MS = Date.parse("+010000-01-01T00:00:00Z");

/** @param ms milliseconds since the Unix epoch, of a time in the years 1 to 9999 */
export const instantOf = (ms: number): Instant => ({ ms, text: new Date(ms).toISOString() });

/** Shortens a time with six fractional digits, as PostgreSQL prints it, to three digits if the rest are zeros. */
export const shortenTime = (text: string): string => text.replace(/000Z$/, "Z");

export const isBefore = (a: Instant, b: Instant): boolean =>
  a.ms < b.ms || (a.ms === b.ms && microseconds(a) < microseconds(b));

/** The microseconds of an instant beyond its milliseconds: the digits after `2026-11-23T06:00:00.123`. */
export const microseconds = ({ text }: Instant): number => Number(text.slice(23, -1));
