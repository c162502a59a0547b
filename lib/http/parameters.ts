/** A call's parameters, out of its path and its query, checked against its schemas. */
import type { z } from "zod";
import type { ApiRequest } from "./gateway.ts";
import type { Operation } from "./operation.ts";
import { Problem } from "./problem.ts";

/** What is wrong with a parameter. */
type ParameterFault = readonly [name: string, detail: string];

type Described = Pick<Operation, "params" | "query">;

/**
 * What the schemas make of the parameters. A call without a schema takes no notice of them.
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
  // What was not decoded may well be at fault otherwise too.
  const named = new Set(undecoded.map(([name]) => name));
  const all = [...undecoded, ...faults.filter(([name]) => !named.has(name))];
  const errors = all.map(([parameter, detail]) => ({ parameter, detail }));
  const names = errors.map(({ parameter }) => parameter).join(", ");
  throw new Problem("invalid-parameter", `Not valid: ${names}.`, { errors });
}

/**
 * A parameter given twice becomes an array, which no schema takes unless it says so. Without a prototype, since a caller
 * chooses the names: `__proto__` is an unknown parameter like any other.
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
  // No text in the database holds a NUL character, and PostgreSQL would answer it with an error.
  const holdsNul = Object.entries(value).filter(([, text]) => String(text).includes("\0"));
  for (const [name] of holdsNul) faults.push([name, "must not hold a NUL character"]);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    if (issue.code !== "unrecognized_keys") faults.push([String(issue.path[0]), issue.message]);
    else for (const key of issue.keys) faults.push([key.toWellFormed(), "this call has no such parameter"]);
  }
  return {};
}

const UNDECODED = "must be UTF-8 with percent-encoding: a % is written %25";

/** URLSearchParams puts U+FFFD where the bytes are not UTF-8, and leaves a % as it is that begins no escape. */
function undecodedQuery(rawQuery: string): ParameterFault[] {
  if (!rawQuery.includes("%")) return [];
  return rawQuery
    .split("&")
    .filter((part) => !isEncoded(part))
    .map((part): ParameterFault => [new URLSearchParams(part).keys().next().value ?? "", UNDECODED]);
}

/**
 * The gateway has decoded them. API Gateway also gives the path decoded, in which a % may stand by itself, so that only
 * U+FFFD tells of bytes that are not UTF-8, if the path does not hold it.
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
