/** Questions to POST /v1/queries, in parts of few events. */
import { expect } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { type Call, serve } from "../../../lib/http/call.ts";
import * as contract from "../../../lib/queries/contract.ts";
import { createQuery, getQuery } from "../../../lib/queries/queries.ts";
import { asker } from "../http/reading.ts";

export interface Answered {
  /** Of the query, with values as they were sent. */
  text: string;
  parts: number;
  result: Record<string, unknown>;
}

export type AskInParts = (body: object) => Promise<Answered>;

/** Asks, and waits for the result. @param secret of a key @param size events of a part */
export function inParts(deps: Deps, secret: string, size = 300): AskInParts {
  const sizes = { top: size, uniques: size, funnel: size };
  const ask = asker(deps, secret, [
    serve(contract.createQuery, (call: Call<Deps, typeof contract.createQuery>) => createQuery(call, sizes)),
    serve(contract.getQuery, getQuery),
  ]);
  return async (body) => {
    const created = await ask(contract.createQuery, { body });
    expect(created.status, created.text).toBe(202);
    const params = { query_id: String(created.body.query_id) };
    const { body: query, text } = await ask(contract.getQuery, { params, query: { wait: "20" } });
    expect(query, text).toMatchObject({ status: "completed" });
    const { cost, result } = query as unknown as { cost: { parts: number }; result: Answered["result"] };
    return { text, parts: cost.parts, result };
  };
}
