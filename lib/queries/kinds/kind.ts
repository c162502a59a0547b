import type { Executor } from "../../postgres/client.ts";
import type { Plan, Question } from "../question.ts";

export interface Part {
  queryId: string;
  /** Number, from 0. */
  part: number;
}

/**
 * How questions of one kind are answered from parts.
 * @typeParam S what the parts so far have found, as JSON
 */
export interface Kind<Q extends Question, S> {
  empty: (question: Q) => S;
  /** Reads a part and adds it. What it stores is committed together with the new state, or not at all. */
  add: (sql: Executor, plan: Plan & { question: Q }, part: Part, state: S) => Promise<S>;
  /** @returns why no further part can be added, if so */
  fault?: (state: S) => string | undefined;
  /** @returns JSON text */
  result: (question: Q, state: S) => string;
}
