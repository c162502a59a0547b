import { parseCondition } from "../../../../lib/query/where.ts";

/** What is wrong with a condition on a property, by the API's own rules; undefined if nothing is. */
export function checkCondition(text: string): string | undefined {
  try {
    parseCondition(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
