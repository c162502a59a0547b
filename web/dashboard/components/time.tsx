import { formatTime } from "../app/format.ts";
import { localZone } from "../app/zones.ts";

/** A time in the zone, and with all its digits in UTC where the pointer rests. */
export function Time({ at, zone = localZone() }: { at: string; zone?: string }) {
  return (
    <time dateTime={at} title={at}>
      {formatTime(at, zone)}
    </time>
  );
}
