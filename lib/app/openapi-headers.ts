/** Response headers, as the OpenAPI document describes them. */
import type { ZodOpenApiHeadersObject } from "zod-openapi";
import type { Operation } from "../http/operation.ts";

const text = { type: "string" } as const;

export const headers = {
  RequestId: {
    description: "Identifies the call in the audit log, in the logs, and in reports to the operator.",
    required: true,
    schema: { type: "string", format: "uuid" },
  },
  RateLimit: {
    description: "What is left of the client's limit, in events, and the seconds until it is full again.",
    schema: text,
    example: '"default";r=1999;t=1',
  },
  RateLimitPolicy: {
    description: "The client's burst, in events, and the seconds until an empty limit is full.",
    schema: text,
    example: '"default";q=2000;w=2',
  },
  RetryAfter: {
    description: "Seconds to wait before sending the same request again.",
    required: true,
    schema: { type: "integer", minimum: 1 },
  },
  Link: {
    description: 'The next page (RFC 8288, `rel="next"`); absent on the last.',
    schema: text,
  },
  NextCursor: {
    description: "Value of `cursor` for the next piece; absent on the last.",
    schema: text,
  },
  ContentDisposition: {
    description: "A file name to save it as.",
    required: true,
    schema: text,
    example: 'attachment; filename="events.csv"',
  },
  Location: { description: "Path of the new resource.", required: true, schema: text },
  WWWAuthenticate: { description: "The required authentication scheme.", required: true, schema: text },
  Allow: { description: "The methods that the path supports.", required: true, schema: text },
} as const;

export const refer = (name: keyof typeof headers): { $ref: string } => ({
  $ref: `#/components/headers/${name}`,
});

/** Returns the headers of a response. @param problem whether the response is a problem document */
export function headersOf(
  { scopes, signed, query, download }: Pick<Operation, "scopes" | "signed" | "query" | "download">,
  status: number,
  problem: boolean,
): Exclude<ZodOpenApiHeadersObject, { _zod: unknown }> {
  const isLimited = scopes.length > 0 || signed === true;
  const paged = query !== undefined && "cursor" in query.shape;
  return {
    "X-Request-Id": refer("RequestId"),
    ...(isLimited &&
      status !== 401 && { RateLimit: refer("RateLimit"), "RateLimit-Policy": refer("RateLimitPolicy") }),
    ...(paged && status === 200 && { Link: refer("Link") }),
    ...(download === true &&
      status === 200 && {
        "X-Next-Cursor": refer("NextCursor"),
        "Content-Disposition": refer("ContentDisposition"),
      }),
    ...(status === 201 && { Location: refer("Location") }),
    ...(status === 401 && { "WWW-Authenticate": refer("WWWAuthenticate") }),
    ...(problem && (status === 429 || status === 503) && { "Retry-After": refer("RetryAfter") }),
  };
}
