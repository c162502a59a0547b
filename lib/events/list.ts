/** `GET /v1/events`: the list and the change feed, which share a path. */
import type { Call } from "../http/call.ts";
import type { ApiRequest, ApiResponse } from "../http/gateway.ts";
import { Problem } from "../http/problem.ts";
import type * as contract from "./contract.ts";
import { listNewest } from "./events.ts";
import { type FeedDeps, readChangeFeed } from "./feed.ts";

/** Parameters that only one of the two takes. A time range makes no sense in an order that is not that of the times. */
const OF_OTHER_ORDER = { asc: ["event_id", "start", "end", "cursor"], desc: ["after", "wait"] } as const;

/** @throws {Problem} `invalid-parameter`, `insufficient-scope`, `query-too-broad`, `overloaded` */
export async function listEvents(call: Call<FeedDeps, typeof contract.listEvents>): Promise<ApiResponse> {
  const { order } = call.query;
  checkParameters(call.request, order);
  return order === "asc" ? readChangeFeed(call) : listNewest(call);
}

/** @throws {Problem} `invalid-parameter`, naming each parameter that does not go with the order */
function checkParameters({ query }: ApiRequest, order: "asc" | "desc"): void {
  const names = OF_OTHER_ORDER[order].filter((name) => query.has(name));
  if (names.length === 0) return;
  throw new Problem(
    "invalid-parameter",
    `Invalid parameter${names.length > 1 ? "s" : ""}: ${names.join(", ")}.`,
    {
      errors: names.map((parameter) => ({ parameter, detail: `can't be combined with order=${order}` })),
    },
  );
}
