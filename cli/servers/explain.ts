import { ConfigError } from "../../lib/config/config.ts";
import { toProblem } from "../../lib/http/errors.ts";
import { Problem } from "../../lib/http/problem.ts";
import { sqlState } from "../../lib/postgres/errors.ts";
import { CliError, isTemporary, usageError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";

const UNDEFINED_TABLE = "42P01";

/** An error of the servers, or of what runs on them, as an error for the user. */
export function toCliError(error: unknown): unknown {
  if (error instanceof CliError) return error;
  if (error instanceof ConfigError) return usageError(error.message);
  if (sqlState(error) === UNDEFINED_TABLE)
    return new CliError("The database has no tables yet. Run `npm run migrate`.");
  const problem = toProblem(error);
  if (problem.code === "internal-error" && !(error instanceof Problem)) return error;
  const details = (problem.errors ?? []).map(({ detail }) => detail);
  // Why a server is unreachable, which the API does not disclose: a missing permission, a wrong address.
  if (problem.cause instanceof Error && problem.cause.message !== "") details.push(problem.cause.message);
  const code = isTemporary(problem.status) ? exitCodes.unreachable : exitCodes.failed;
  return new CliError(problem.message, code, details);
}
