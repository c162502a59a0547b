/** Parameters and response members of operations that can measure a payload property. */
import * as z from "zod";
import { countField } from "../http/fields.ts";
import { propertyField } from "../query/fields.ts";
import { measures } from "./sql/measure-events.ts";

export const measureQuery = {
  measure: z.enum(measures).optional().meta({
    description:
      "Also measures the numbers that `property` has: their sum, average, smallest, largest, or the one of the latest event. Requires `property`. Without a measure, only counts.",
  }),
  property: propertyField.optional().meta({
    description: "The payload property to measure, such as `payload.amount`. Requires `measure`.",
  }),
};

/** Present only if the call asks for a measure. */
export const measureFields = {
  value: z.string().nullable().optional().meta({
    description:
      "The measure, with every digit; an average is rounded to 20 digits after the point. Null if no event has a number. Only with `measure`.",
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
