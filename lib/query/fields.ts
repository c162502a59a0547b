/** Parameters and members that name payload properties. */
import * as z from "zod";
import { MAX_PROPERTY_LENGTH, PROPERTY_PATTERN, parseProperty } from "./property.ts";
import { CONDITION_PATTERN, MAX_CONDITION_LENGTH, MAX_CONDITIONS, parseCondition } from "./where.ts";

/** Applies a parser to a text; a SyntaxError becomes a validation issue. */
const parsed =
  <T>(parse: (text: string) => T) =>
  (text: string, context: z.RefinementCtx): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
      return z.NEVER;
    }
  };

/** A payload property, parsed into its path. */
export const propertyField = z
  .string()
  .transform(parsed(parseProperty))
  .meta({
    description:
      'A property of the payload: `payload.user.id`; in an array, `payload.items[0].sku`; other names in quotation marks, `payload."odd key"`.',
    maxLength: MAX_PROPERTY_LENGTH,
    pattern: `^${PROPERTY_PATTERN}$`,
    example: "payload.user",
  });

const WHERE_HELP =
  "`payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or text; `payload.user` for events that have the property, `!payload.user` for those that do not.";

const conditionText = z.string().meta({
  id: "Condition",
  maxLength: MAX_CONDITION_LENGTH,
  pattern: CONDITION_PATTERN,
  example: "payload.magnitude>=4.5",
});

/** The body member `where`, parsed into conditions. */
export const whereField = z
  .array(conditionText.transform(parsed(parseCondition)))
  .max(MAX_CONDITIONS)
  .default([])
  .meta({ description: `Only events that meet all of these conditions: ${WHERE_HELP}` });

/** The query parameter `where`, given one to ten times, parsed into conditions. */
export const whereQuery = z
  .preprocess(
    (value) => (typeof value === "string" ? [value] : value),
    z
      .array(conditionText)
      .max(MAX_CONDITIONS)
      // Parsed together, so that an error names the parameter and not an index in it.
      .transform((texts, context) => texts.map((text) => parsed(parseCondition)(text, context))),
  )
  .default([])
  .meta({
    description: `Only events that meet all of these conditions, each in its own parameter: ${WHERE_HELP}`,
  });
