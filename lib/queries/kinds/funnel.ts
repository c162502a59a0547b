/** A funnel: its parts continue the chains of the parts before. */
import { stepsOf } from "../../analytics/funnel.ts";
import { type FunnelQuestion, partsOf, scopeOf } from "../question.ts";
import { continueFunnel } from "../sql/query-keys.ts";
import type { Kind } from "./kind.ts";

/** Keys of a question, each a row between two parts. */
export const MOST_KEYS = 10_000_000;

export const funnel: Kind<FunnelQuestion, number[]> = {
  empty: ({ steps }) => steps.map(() => 0),

  async add(sql, plan, { queryId, part }, state) {
    const isLast = part === partsOf(plan) - 1;
    const added = await continueFunnel(sql, { queryId, isLast }, scopeOf(plan, part), plan.question);
    return state.map((count, step) => count + (added[step] ?? 0));
  },

  fault: ([keys = 0], most = MOST_KEYS) =>
    keys > most
      ? `More than ${most.toLocaleString("en")} different keys have reached the first step: use a shorter range, or a condition on it.`
      : undefined,

  result: ({ steps }, counts) => JSON.stringify({ steps: stepsOf(steps, counts) }),
};
