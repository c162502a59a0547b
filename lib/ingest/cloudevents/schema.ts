/** CloudEvents in the OpenAPI document. What is checked is in `attributes.ts`. */
import * as z from "zod";

export const cloudEventSchema = z
  .looseObject({
    specversion: z.literal("1.0"),
    id: z.string().min(1).meta({ example: "A234-1234-1234" }),
    source: z.string().min(1).meta({
      format: "uri-reference",
      description: "Together with `id` it becomes the `event_id`: `<source> <id>`.",
      example: "/shop/orders",
    }),
    type: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: "Becomes the `event_type`.", example: "order.placed" }),
    time: z.string().optional().meta({
      format: "date-time",
      description: "Becomes the `timestamp`. Without it, that is the time of arrival.",
      example: "2026-11-23T06:00:00.000Z",
    }),
    subject: z.string().optional(),
    datacontenttype: z.string().optional(),
    dataschema: z.string().optional().meta({ format: "uri" }),
    data: z.unknown().optional().meta({ description: "Any JSON value. In the payload it is `data` too." }),
    data_base64: z.string().optional().meta({ description: "Bytes in Base64, instead of `data`." }),
  })
  .meta({
    id: "CloudEvent",
    description: "A CloudEvent 1.0 in the JSON format; further attributes are kept.",
  });
