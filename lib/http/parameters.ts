/** Validates a call's path and query parameters against its schemas. */
import type { z } from "zod";
import type { ApiRequest } from "./gateway.ts";
import type { Operation } from "./operation.ts";
import { Problem } from "./problem.ts";

type ParameterFault = readonly [name: string, detail: string];

type Described = Pick<Operation, "params" | "query">;

/**
 * Parses the parameters with the schemas. An operation without a schema ignores them.
 * @throws {Problem} `invalid-parameter`, naming every fault
 */
export function readParameters(
  { params, query }: Described,
  request: Pick<ApiRequest, "params" | "query" | "rawQuery" | "path">,
): { params: object; query: object } {
  const faults: ParameterFault[] = [];
  const undecoded = [
    ...(params ? undecodedParams(request) : []),
    ...(query ? undecodedQuery(request.rawQuery) : []),
  ];
  const checked = {
    params: params ? check(params, request.params, faults) : {},
    query: query ? check(query, queryObject(request.query), faults) : {},
  };
  if (faults.length + undecoded.length === 0) return checked;
  // An undecoded parameter may also have failed its schema; report it once.
  const named = new Set(undecoded.map(([name]) => name));
  const all = [...undecoded, ...faults.filter(([name]) => !named.has(name))];
  const errors = all.map(([parameter, detail]) => ({ parameter, detail }));
  const names = errors.map(({ parameter }) => parameter).join(", ");
  throw new Problem("invalid-parameter", `Invalid parameter${errors.length > 1 ? "s" : ""}: ${names}.`, {
    errors,
  });
}

/**
 * A parameter given twice becomes an array, which a schema refuses unless it permits one. The object has no prototype,
 * since a caller chooses the names: `__proto__` is an unknown parameter like any other.
 */
function queryObject(query: URLSearchParams): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = Object.create(null);
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    object[name] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return object;
}

function check(schema: z.ZodObject, value: object, faults: ParameterFault[]): object {
  // No text in the database contains a NUL character, and PostgreSQL would reject it with an error.
  const holdsNul = Object.entries(value).filter(([, text]) => String(text).includes("\0"));
  for (const [name] of holdsNul) faults.push([name, "must not contain a NUL character"]);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    if (issue.code !== "unrecognized_keys") faults.push([String(issue.path[0]), issue.message]);
    else for (const key of issue.keys) faults.push([key.toWellFormed(), "unknown parameter"]);
  }
  return {};
}

const UNDECODED = "must be percent-encoded UTF-8; write % as %25";

/** URLSearchParams replaces invalid UTF-8 with U+FFFD, and leaves a % unchanged that does not begin an escape. */
function undecodedQuery(rawQuery: string): ParameterFault[] {
  if (!rawQuery.includes("%")) return [];
  return rawQuery
    .split("&")
    .filter((part) => !isEncoded(part))
    .map((part): ParameterFault => [new URLSearchParams(part).keys().next().value ?? "", UNDECODED]);
}

/**
 * The gateway has decoded them. API Gateway also decodes the path, which may then contain a bare %, so only a U+FFFD
 * that is not in the path reveals invalid UTF-8.
 */
const undecodedParams = ({ params, path }: Pick<ApiRequest, "params" | "path">): ParameterFault[] =>
  isEncoded(path)
    ? []
    : Object.entries(params).flatMap(([name, text]): ParameterFault[] =>
        text.includes("\uFFFD") && !path.includes("\uFFFD") ? [[name, UNDECODED]] : [],
      );

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
