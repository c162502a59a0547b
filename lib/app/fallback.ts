/** Documentation of problem types, and the response if no operation matches. */

import { preflight } from "../http/cors.ts";
import type { ApiRequest, ApiResponse } from "../http/gateway.ts";
import { Problem, type ProblemCode, problemTypes } from "../http/problem.ts";
import { problemPage } from "../http/problem-pages.ts";
import { paths } from "./paths.ts";

/** Returns the page of a problem type, in Markdown. @throws {Problem} `not-found` */
export function errorPage(code: string): string {
  if (!isProblemCode(code)) throw new Problem("not-found", "There is no problem type with that name.");
  return problemPage(code);
}

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(problemTypes, code);

const patterns = paths.map(({ path, methods, cors }) => ({
  pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  methods,
  cors,
}));

/**
 * Refuses a call that matches no operation.
 * @throws {Problem} `method-not-allowed` with `Allow` if the path has other methods, else `not-found`
 */
export function refuse({ method, path }: Pick<ApiRequest, "method" | "path">): never {
  const fitting = patterns.filter(({ pattern }) => pattern.test(path));
  // A literal path such as /v1/events/export also matches a pattern with a parameter in its place.
  const methods = [...new Set(fitting.flatMap((found) => found.methods))];
  if (methods.length === 0 || methods.some((other) => other === method))
    throw new Problem("not-found", "The path does not exist.");
  const allow = methods.join(", ");
  throw new Problem("method-not-allowed", `This path supports ${allow} only.`, { headers: { allow } });
}

/**
 * Answers what matches no operation: the preflights of pages; everything else is refused.
 * @throws {Problem} as `refuse` does
 */
export function answerOthers(request: ApiRequest): ApiResponse {
  const cors = patterns.find(({ pattern }) => pattern.test(request.path))?.cors ?? [];
  return preflight(request, cors) ?? refuse(request);
}
