import type { Executor } from "../../postgres/client.ts";
import type { Plan, Question } from "../question.ts";

/**
 * How questions of one kind are answered from parts.
 * @typeParam S what the parts so far have found, as JSON
 */
export interface Kind<Q extends Question, S> {
  empty: (question: Q) => S;
  /** Reads a part and adds it. @param part number, from 0 */
  add: (sql: Executor, plan: Plan & { question: Q }, part: number, state: S) => Promise<S>;
  /** @returns JSON text */
  result: (question: Q, state: S) => string;
}
