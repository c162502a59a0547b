/** Maps errors of servers and libraries to problems. */

import { isConnectionError, QUERY_CANCELED, sqlState } from "../postgres/errors.ts";
import { Problem } from "./problem.ts";
import { outageWait } from "./rate-limit.ts";

const tooBroad = (cause: unknown): Problem =>
  new Problem(
    "query-too-broad",
    "The query takes too long. Bring start and end closer together, or specify an event_type or a client.",
    { cause },
  );

/** Maps a connection error to 503; pass to `.catch()`. */
export function outage(server: "database" | "queue"): (cause: unknown) => never {
  return (cause) => {
    if (cause instanceof Problem) throw cause;
    if (sqlState(cause) === QUERY_CANCELED) throw tooBroad(cause);
    const headers = { "retry-after": outageWait() };
    throw server === "database"
      ? new Problem("database-unavailable", "The database is unavailable.", { headers, cause })
      : new Problem("queue-unavailable", "The queue is unavailable.", { headers, cause });
  };
}

/** Maps any error to a problem. An unknown error is an internal error; its cause appears only in the log. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (sqlState(error) === QUERY_CANCELED) return tooBroad(error);
  if (isConnectionError(error))
    return new Problem("database-unavailable", "The database is unavailable.", {
      headers: { "retry-after": outageWait() },
      cause: error,
    });
  if (error instanceof Error && error.name === "TimeoutError")
    return new Problem("timeout", "The request took too long.", { cause: error });
  return new Problem("internal-error", "An unexpected error occurred.", { cause: error });
}
