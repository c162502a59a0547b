/** Parameters and response members of operations that can measure a payload property. */
import * as z from "zod";
import { countField } from "../http/fields.ts";
import { nameField, progress } from "../meters/contract.ts";
import { propertyField } from "../query/fields.ts";
import { measures } from "./sql/measure-events.ts";

export const measureQuery = {
  measure: z
    .enum([...measures, "uniques"])
    .optional()
    .meta({
      description:
        "Also measures the numbers that `property` has: their sum, average, smallest, largest, or the one of the latest event. Requires `property` or `meter`. `uniques` estimates the number of different values, and requires a `meter` that was declared with `uniques`. Without a measure, only counts.",
    }),
  property: propertyField.optional().meta({
    description: "The payload property to measure, such as `payload.amount`. Requires `measure`.",
  }),
  meter: nameField.optional().meta({
    description:
      "Reads this meter: its events, its value, and its dimensions for `by` and `where`. Not with `property` and `event_type`. It is a meter of `client`, by default of the key's client.",
  }),
};

/** Present in a group of a meter. */
export const dimensionFields = {
  dimensions: z.record(z.string(), z.unknown()).optional().meta({
    description: "With `meter`: values as they were sent, by the dimension's name; a missing one is absent.",
  }),
  too_long: z.array(z.string()).optional().meta({
    description: "With `meter`: dimensions whose value is longer than 200 bytes of JSON, if there are any.",
  }),
};

/** Present in a response on a meter. */
export const meterFields = {
  method: z.literal("hyperloglog").optional().meta({ description: "How `uniques` were counted." }),
  relative_error: z.number().min(0).optional().meta({
    description: "With `uniques`: relative standard error of each `value`.",
  }),
  meter: z
    .object({ name: z.string(), ...progress })
    .optional()
    .meta({
      description:
        "The meter, and how far it is filled. What it does not have yet is read from raw events, so the response is exact in each state.",
    }),
};

/** Present only if the call asks for a measure. */
export const measureFields = {
  value: z.string().nullable().optional().meta({
    description:
      "The measure, with every digit; an average is rounded to 20 digits after the point. Null if no event has a number. With `uniques`, the estimated number of different values. Only with `measure`.",
    pattern: "^-?[0-9]+(\\.[0-9]+)?$",
    example: "1234.5",
  }),
  numbers: countField.optional().meta({
    description: "Events in which the property is a number. Only with `measure`.",
  }),
  not_numbers: countField.optional().meta({
    description:
      "Events that have the property, but not as a number of at most 100 digits on each side of its point; they are not measured. Only with `measure`.",
  }),
};
