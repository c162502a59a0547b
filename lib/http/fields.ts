/** Schemas that the parameters and responses of several operations share. */
import * as z from "zod";
import { parseTime } from "../base/time.ts";
import { isTimeZone, TIME_ZONE } from "../base/time-zone.ts";

/** An RFC 3339 time, parsed to an `Instant`. */
export const timeParam = z
  .string()
  .transform((text, context) => {
    const time = parseTime(text);
    if (time) return time;
    context.addIssue({ code: "custom", message: "must be an RFC 3339 date and time with an offset" });
    return z.NEVER;
  })
  .meta({ format: "date-time", example: "2026-11-23T06:00:00Z" });

/** Text without NUL characters, which `readParameters` and `checkBody` refuse. @param most maximum characters */
export const textParam = (most: number) => z.string().min(1).max(most).meta({ pattern: "^[^\\u0000]*$" });

export const timeField = z.string().meta({ format: "date-time" });
export const clientIdField = z.string().meta({ example: "demo" });
export const countField = z.int().min(0);

/** When a bucket begins, as `localTime` writes it. */
export const bucketField = timeField.meta({
  description: "Start of the bucket, with the offset of `tz` at that time.",
  example: "2026-03-29T00:00:00+01:00",
});

/** The time zone of the buckets. Every operation accepts the same zones. */
export const timeZoneParam = z
  .string()
  .max(64)
  .refine(
    isTimeZone,
    "must be a name from the IANA time zone database, or an offset such as +05:30 (in a URL %2B05:30)",
  )
  .default("UTC")
  .meta({
    description:
      "Time zone in which days begin: a name from the IANA time zone database, case-insensitive, or an offset from UTC as ±hh:mm. In a URL, write + as %2B.",
    pattern: TIME_ZONE.source,
    example: "Europe/Berlin",
  });

/** An integer parameter in decimal digits: not 0x10, 1e2, +1, 01 or 1.0. */
export const intParam = (min: number, max: number, byDefault: number) =>
  z
    .string()
    .transform((text, context) => {
      const number = /^(?:0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN;
      if (number >= min && number <= max) return number;
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
      context.addIssue({ code: "custom", message: `must be an integer ${range}, in decimal digits` });
      return z.NEVER;
    })
    .meta({
      override: {
        type: "integer",
        minimum: min,
        ...(max !== Number.MAX_SAFE_INTEGER && { maximum: max }),
        default: byDefault,
      },
    })
    .default(byDefault);

/** A parameter that may be given several times; the result is always an array. @param most maximum times */
export const repeatable = <Item extends z.ZodType>(item: Item, most: number) =>
  z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(item).max(most));

/** Shared by every operation over a range of events. */
export const rangeQuery = {
  event_type: textParam(200).optional().meta({ description: "Only events of this type." }),
  start: timeParam
    .optional()
    .meta({ description: "Events at or after this time; by default, from the first event." }),
  end: timeParam
    .optional()
    .meta({ description: "Events before this time; by default, up to the last event." }),
  client: textParam(32).optional().meta({
    description: "Only this client's data. A key without the scope admin sees only its own client's data.",
  }),
};

/** Shared by every operation that counts events. */
export const countQuery = {
  ...rangeQuery,
  event_type: repeatable(rangeQuery.event_type.unwrap(), 100)
    .optional()
    .meta({ description: "Only events of this type; may be repeated." }),
};

/** A cursor, in base64url. @param most maximum characters */
export const cursorParam = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/, "must be next_cursor from the previous page of this list");

/** Shared by every list. */
export const pageQuery = {
  limit: intParam(1, 1_000, 100).meta({ description: "Maximum rows per page." }),
  cursor: cursorParam(1_000).optional().meta({
    description: "`next_cursor` from the previous page. Opaque, and stable while new rows arrive.",
  }),
};

export const nextCursor = z.string().nullable().meta({ description: "Null on the last page." });

/** The freshness and source of an analytics response. */
export const freshness = {
  as_of: timeField.nullable().meta({
    description:
      "The response includes every event received before this time. Null if the queue is unavailable, or is being recounted because Redis lost data.",
  }),
  lag_ms: z.int().min(0).nullable().meta({ description: "Age of `as_of`." }),
  source: z.enum(["rollup", "raw", "mixed"]).meta({
    description:
      "Whether the response was computed from rollups, raw rows, or both. Counts are exact in each case.",
  }),
};

/** Calls whose audit row did not reach the queue. */
export const unqueuedSchema = z
  .object({
    logged: countField.meta({
      description:
        "Calls whose audit row was written to the log because the queue did not confirm it, as far as is known. Rows that turned out to be in the queue are not counted.",
    }),
    recovered: countField.meta({
      description: "Those that `weir audit recover` has read back.",
    }),
    missing: countField.meta({
      description: "Those that have no entry in the audit log, at the time of this response.",
    }),
  })
  .meta({ id: "AuditGaps" });

export const uuid = z.string().meta({ format: "uuid" });

/** Function and scopes of an operation for administrators. */
export const admin = { function: "admin", scopes: ["admin"] } as const;

/** Problems of every operation with a body. */
export const bodyProblems = [
  "invalid-json",
  "invalid-encoding",
  "payload-too-large",
  "unsupported-media-type",
  "invalid-body",
] as const;
