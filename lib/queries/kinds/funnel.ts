/** A funnel, from classes of keys: a key's events are all in one class, so the counts of the classes add up. */
import { stepsOf } from "../../analytics/funnel.ts";
import { countFunnel } from "../../analytics/sql/count-funnel.ts";
import { type FunnelQuestion, scopeOf } from "../question.ts";
import type { Kind } from "./kind.ts";

export const funnel: Kind<FunnelQuestion, number[]> = {
  empty: ({ steps }) => steps.map(() => 0),

  async add(sql, plan, part, state) {
    const { question, division } = plan;
    const classes = division.by === "key" ? division.classes : 1;
    const counts = await countFunnel(sql, scopeOf(plan, part), { ...question, keys: { classes, part } });
    return state.map((count, step) => count + (counts[step] ?? 0));
  },

  result: ({ steps }, counts) => JSON.stringify({ steps: stepsOf(steps, counts) }),
};
