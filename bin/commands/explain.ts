import { ConfigError } from "../../lib/config/config.ts";
import { toProblem } from "../../lib/http/errors.ts";
import { Problem } from "../../lib/http/problem.ts";
import { sqlState } from "../../lib/postgres/errors.ts";

const UNDEFINED_TABLE = "42P01";

/** Describes an error to the user of the command line, without a stack trace. */
export function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  if (sqlState(error) === UNDEFINED_TABLE) return "The database has no tables yet. Run `npm run migrate`.";
  const problem = toProblem(error);
  if (problem.code === "internal-error" && !(error instanceof Problem))
    return error instanceof Error ? error.message : String(error);
  const details = (problem.errors ?? []).map(({ detail }) => detail);
  // Why a server is unreachable, which the API does not disclose: a missing permission, a wrong address.
  if (problem.cause instanceof Error && problem.cause.message !== "") details.push(problem.cause.message);
  return [problem.message, ...details.map((detail) => `  ${detail}`)].join("\n");
}
