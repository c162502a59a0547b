import type { operations } from "./generated/openapi.ts";
import { paths } from "./generated/operations.ts";
import { type ConnectionOptions, connection, toError } from "./http.ts";

export interface ClientOptions extends ConnectionOptions {
  /** Longest time from the call to the end of the response; by default 30 s. */
  timeoutMs?: number;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Overrides the client's. */
  timeoutMs?: number;
}

/** Members that can have a value, as required or optional as they are. */
type Present<T> = {
  [Name in keyof T as [Exclude<T[Name], undefined>] extends [never] ? never : Name]: T[Name];
};
type JsonBody<O> = O extends { requestBody: { content: { "application/json": infer Body } } }
  ? { body: Body }
  : O extends { requestBody?: { content: { "application/json": infer Body } } }
    ? { body?: Body }
    : unknown;
type Merged<T> = { [Name in keyof T]: T[Name] };

export type OperationId = keyof operations;
/** What a call takes: `path`, `query`, `header` and `body`, where it has them. */
export type Parameters<Id extends OperationId> = Merged<
  Present<operations[Id]["parameters"]> & JsonBody<operations[Id]>
>;
type Content<R> = R extends { content: infer C } ? C[keyof C] : undefined;
type Success<R> = { [Status in keyof R & (200 | 201 | 202 | 204)]: Content<R[Status]> };
/** What a call resolves with: the body of the successful response. Text that is not JSON is a string. */
export type Result<Id extends OperationId> = Success<operations[Id]["responses"]>[keyof Success<
  operations[Id]["responses"]
>];
type Words<Id extends OperationId> =
  Record<never, never> extends Parameters<Id>
    ? [parameters?: Parameters<Id>, options?: CallOptions]
    : [parameters: Parameters<Id>, options?: CallOptions];

/** Every operation of the API, by its id in the OpenAPI document. */
export type Operations = { [Id in OperationId]: (...words: Words<Id>) => Promise<Result<Id>> };

export interface Client extends Operations {
  /** Like the operation, but with the response itself, for its headers or to read it as a stream. */
  response<Id extends OperationId>(id: Id, ...words: Words<Id>): Promise<Response>;
}

interface AnyParameters {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  header?: Record<string, unknown>;
  body?: unknown;
}

/**
 * A client whose methods are the operations of the API. They reject with a `WeirError` if the API answers with an error, and
 * as `fetch` does if there is no answer.
 */
export function createWeirClient({ timeoutMs = 30_000, ...options }: ClientOptions): Client {
  const call = connection(options);
  const response = async (id: OperationId, parameters: AnyParameters = {}, given: CallOptions = {}) => {
    const [method, template] = paths[id];
    const timeout = AbortSignal.timeout(given.timeoutMs ?? timeoutMs);
    const hasBody = parameters.body !== undefined;
    const answer = await call({
      method,
      path: fillPath(template, parameters),
      headers: { ...texts(parameters.header), ...(hasBody && { "content-type": "application/json" }) },
      ...(hasBody && { body: JSON.stringify(parameters.body) }),
      signal: given.signal ? AbortSignal.any([given.signal, timeout]) : timeout,
    });
    if (!answer.ok) throw await toError(answer);
    return answer;
  };
  const read = async (id: OperationId, parameters?: AnyParameters, given?: CallOptions): Promise<unknown> => {
    const answer = await response(id, parameters, given);
    if (answer.status === 204) return undefined;
    return /^application\/json\b/.test(answer.headers.get("content-type") ?? "")
      ? answer.json()
      : answer.text();
  };
  const operations = Object.keys(paths).map((id) => [
    id,
    (parameters?: AnyParameters, given?: CallOptions) => read(id as OperationId, parameters, given),
  ]);
  return { ...Object.fromEntries(operations), response } as Client;
}

const texts = (values: Record<string, unknown> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );

/** An array becomes a parameter for each value, as the OpenAPI document says; undefined members are left out. */
function fillPath(template: string, { path = {}, query = {} }: AnyParameters): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined) search.append(name, String(one));
  return search.size > 0 ? `${filled}?${search}` : filled;
}
