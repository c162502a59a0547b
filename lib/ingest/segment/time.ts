/** When a call happened, corrected for the sender's clock: https://segment.com/docs/connections/spec/common/#timestamps */
import { BEYOND_MS, FIRST_MS, type Instant, parseTime } from "../../base/time.ts";

/** @returns undefined for what is not an ISO 8601 date, or date and time; without an offset it is in UTC */
const parseIso = (value: unknown): Instant | undefined =>
  typeof value === "string"
    ? (parseTime(value) ?? parseTime(`${value}Z`) ?? parseTime(`${value}T00:00:00Z`))
    : undefined;

/**
 * The time of a call: the sender's, moved by as much as its clock was wrong when it sent, `receivedAt - (sentAt - originalTimestamp)`.
 * Without a valid `sentAt`, the sender's own time. Without one, the time of arrival.
 * @param original `originalTimestamp` or `timestamp` as sent
 * @param receivedMs milliseconds since the Unix epoch
 * @returns RFC 3339; undefined if the sent value is not a time
 */
export function timeOfCall(original: unknown, sentAt: unknown, receivedMs: number): string | undefined {
  if (original === undefined || original === null) return new Date(receivedMs).toISOString();
  const happened = parseIso(original);
  if (happened === undefined) return undefined;
  const sent = parseIso(sentAt);
  if (sent === undefined) return happened.text;
  const ms = receivedMs - (sent.ms - happened.ms);
  return ms >= FIRST_MS && ms < BEYOND_MS ? new Date(ms).toISOString() : undefined;
}
