/** Parameters and members that name payload properties. */
import * as z from "zod";
import { MAX_PROPERTY_LENGTH, PROPERTY_PATTERN, parseProperty } from "./property.ts";
import { CONDITION_PATTERN, MAX_CONDITION_LENGTH, MAX_CONDITIONS, parseCondition } from "./where.ts";

/** A text as a parser reads it, or the parser's complaint. */
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

/** A payload property; what comes out is its path. */
export const propertyField = z
  .string()
  .transform(parsed(parseProperty))
  .meta({
    description:
      'A property of the payload: `payload.user.id`, of an array `payload.items[0].sku`, other names in quotation marks, `payload."odd key"`.',
    maxLength: MAX_PROPERTY_LENGTH,
    pattern: `^${PROPERTY_PATTERN}$`,
    example: "payload.user",
  });

const WHERE_HELP =
  "`payload.magnitude>=4.5`, with one of = != < <= > >= and a number, true, false, null or a text; `payload.user` alone for events that have the property, `!payload.user` for those that have not.";

const conditionText = z.string().meta({
  id: "Condition",
  maxLength: MAX_CONDITION_LENGTH,
  pattern: CONDITION_PATTERN,
  example: "payload.magnitude>=4.5",
});

/** A member `where` of a body; what comes out are conditions. */
export const whereField = z
  .array(conditionText.transform(parsed(parseCondition)))
  .max(MAX_CONDITIONS)
  .default([])
  .meta({ description: `Only events of which all of these hold: ${WHERE_HELP}` });

/** The parameter `where`, given once or up to ten times; what comes out are conditions. */
export const whereQuery = z
  .preprocess(
    (value) => (typeof value === "string" ? [value] : value),
    z
      .array(conditionText)
      .max(MAX_CONDITIONS)
      // Together, so that a fault bears the parameter's name and not a place in it.
      .transform((texts, context) => texts.map((text) => parsed(parseCondition)(text, context))),
  )
  .default([])
  .meta({
    description: `Only events of which all of these hold, each in a parameter of its own: ${WHERE_HELP}`,
  });
