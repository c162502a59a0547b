/** Divides a range of time into parts of about equal numbers of events. */
import type { CountedBucket } from "../analytics/sql/count-buckets.ts";

/**
 * @param buckets with events, ascending
 * @param most events of a part; a bucket with more is divided into equal times, so its parts may have more
 * @returns times between the parts, in milliseconds, ascending
 */
export function cutsOf(buckets: readonly CountedBucket[], most: number): number[] {
  const cuts: number[] = [];
  let events = 0;
  for (const bucket of buckets) {
    const pieces = Math.ceil(bucket.events / most);
    if (events > 0 && events + bucket.events > most) {
      cuts.push(bucket.from);
      events = 0;
    }
    for (let piece = 1; piece < pieces; piece++)
      cuts.push(bucket.from + Math.floor(((bucket.to - bucket.from) * piece) / pieces));
    events = pieces > 1 ? bucket.events / pieces : events + bucket.events;
  }
  return [...new Set(cuts)];
}
