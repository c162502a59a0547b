/** Operations of the HTTP API of Segment. Senders have long paths, the SDK for pages has short ones. */
import * as z from "zod";
import { operation } from "../../http/operation.ts";

const id = z.union([z.string(), z.number()]);

const callSchema = z
  .looseObject({
    type: z.enum(["track", "identify", "page", "screen", "group", "alias"]).optional().meta({
      description: "Required in a batch; elsewhere the path names it.",
    }),
    messageId: z.string().optional().meta({
      description: "Becomes the `event_id`. Without it, one is made: see `docs/segment.md`.",
      example: "node-next-1764403200000-743be593-7789-4b74-8078-cbcc8894c586",
    }),
    event: z.string().optional().meta({
      description:
        "Name of the event of `track`. The `event_type` is then `track:<event>`, otherwise the type.",
      example: "Order Completed",
    }),
    userId: id.optional().meta({ description: "This or `anonymousId` is required.", example: "user-1" }),
    anonymousId: id.optional(),
    groupId: id.optional(),
    previousId: id.optional(),
    timestamp: z.string().optional().meta({
      format: "date-time",
      description:
        "When the call happened. With `sentAt` it is corrected by what the sender's clock was wrong. Without it, the time of arrival.",
    }),
    sentAt: z.string().optional().meta({ format: "date-time" }),
    properties: z.looseObject({}).optional(),
    traits: z.looseObject({}).optional(),
    context: z.looseObject({}).optional(),
    integrations: z.looseObject({}).optional(),
    writeKey: z.string().optional().meta({ description: "The API key, if no header has it. Not stored." }),
  })
  .meta({ id: "SegmentCall", description: "A call of the Segment specification; further members are kept." });

const batchSchema = z
  .looseObject({
    batch: z.array(callSchema).max(1000),
    sentAt: z.string().optional().meta({ format: "date-time" }),
    context: z.looseObject({}).optional().meta({ description: "Merged into the context of each call." }),
    integrations: z.looseObject({}).optional(),
    writeKey: z.string().optional(),
  })
  .meta({ id: "SegmentBatch" });

const shared = {
  method: "POST",
  function: "ingest",
  scopes: ["ingest"],
  checkedByUseCase: true,
  cors: true,
  responses: { 200: z.object({ success: z.literal(true) }).meta({ id: "SegmentSuccess" }) },
  problems: [
    "malformed-request",
    "invalid-json",
    "invalid-encoding",
    "origin-not-allowed",
    "payload-too-large",
    "unsupported-media-type",
    "rate-limited",
    "queue-full",
    "queue-unavailable",
  ],
} as const;

const description =
  "As the HTTP API of Segment. The key is the user name of HTTP Basic, `X-API-Key`, or `writeKey` in the body. A 200 means that every call is queued durably; invalid ones go to quarantine. Sending the same request again is always safe.";

const call = { ...shared, description, body: callSchema, bodySchemas: { "text/plain": callSchema } } as const;
const batch = {
  ...shared,
  description,
  body: batchSchema,
  bodySchemas: { "text/plain": batchSchema },
} as const;

export const sendTrack = operation({ ...call, path: "/v1/track", summary: "Send what a user did" });
export const sendIdentify = operation({ ...call, path: "/v1/identify", summary: "Send who a user is" });
export const sendPage = operation({ ...call, path: "/v1/page", summary: "Send that a page was viewed" });
export const sendScreen = operation({
  ...call,
  path: "/v1/screen",
  summary: "Send that a screen was viewed",
});
export const sendGroup = operation({ ...call, path: "/v1/group", summary: "Send which group a user is in" });
export const sendAlias = operation({
  ...call,
  path: "/v1/alias",
  summary: "Send that a user has another id",
});
export const sendBatch = operation({ ...batch, path: "/v1/batch", summary: "Send a batch of calls" });
export const sendImport = operation({ ...batch, path: "/v1/import", summary: "Send a batch of past calls" });

export const sendTrackShort = operation({
  ...call,
  path: "/v1/t",
  summary: "Send what a user did, from a page",
});
export const sendIdentifyShort = operation({
  ...call,
  path: "/v1/i",
  summary: "Send who a user is, from a page",
});
export const sendPageShort = operation({
  ...call,
  path: "/v1/p",
  summary: "Send that a page was viewed, from a page",
});
export const sendScreenShort = operation({
  ...call,
  path: "/v1/s",
  summary: "Send that a screen was viewed, from a page",
});
export const sendGroupShort = operation({
  ...call,
  path: "/v1/g",
  summary: "Send which group a user is in, from a page",
});
export const sendAliasShort = operation({
  ...call,
  path: "/v1/a",
  summary: "Send that a user has another id, from a page",
});
export const sendBatchShort = operation({
  ...batch,
  path: "/v1/b",
  summary: "Send a batch of calls, from a page",
});

export const getSettings = operation({
  method: "GET",
  path: "/v1/projects/{write_key}/settings",
  function: "ingest",
  summary: "Get the settings of the Segment SDK for pages",
  description: "The API key is in the path, not in a header.",
  scopes: ["ingest"],
  checkedByUseCase: true,
  cors: true,
  params: z.object({ write_key: z.string() }),
  responses: {
    200: z.object({
      integrations: z.object({
        "Segment.io": z.object({
          apiKey: z.string(),
          apiHost: z.string(),
          protocol: z.enum(["http", "https"]),
        }),
      }),
    }),
  },
  problems: ["origin-not-allowed"],
});
