/** Numbers and times as people read them. */
import type { ExactNumber } from "../api/exact.ts";
import { wallClock } from "./zones.ts";

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

/** A count, with separators and all its digits. */
export const formatCount = (count: number | ExactNumber): string =>
  typeof count === "number" ? whole.format(count) : groupDigits(count.text);

/** Separates thousands in the text of a decimal number. */
export const groupDigits = (text: string): string =>
  /^-?\d+(?:\.\d+)?$/.test(text)
    ? text.replace(/^-?\d+/, (digits) => digits.replace(/\B(?=(?:\d{3})+$)/g, ","))
    : text;

/** A rate or another measure with three significant digits. */
export const formatRate = (value: number): string => (value >= 1_000 ? whole : short).format(value);

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** A duration such as `12 ms`, `1.25 s` or `3.5 h`. */
export function formatDuration(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size);
  return unit === undefined ? `${short.format(ms)} ms` : `${short.format(ms / unit[1])} ${unit[0]}`;
}

/** A time in a zone, such as `2026-11-29 14:05:09`. @param time RFC 3339 */
export const formatTime = (time: string | number, zone: string): string =>
  wallClock(typeof time === "number" ? time : Date.parse(time), zone).replace("T", " ");
