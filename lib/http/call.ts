/** A call of an operation, as its use case receives it. */
import type { Scope } from "../base/scope.ts";
import type { Change } from "../trail/entry.ts";
import type { ApiRequest, ApiResponse } from "./gateway.ts";
import type { BodyOf, Operation, ParamsOf, QueryOf } from "./operation.ts";
import type { Problem } from "./problem.ts";
import type { Limit } from "./rate-limit.ts";

/** Who calls. All null for an anonymous caller. */
export interface Caller {
  clientId: string | null;
  keyId: string | null;
  keyPrefix: string | null;
  /** Of the key; `admin` includes the others. */
  scopes: readonly Scope[];
  admin: boolean;
  limit: Limit | undefined;
}

/** Receives what a command has changed, for the audit; never a secret. */
export type Changed = (change: Change) => void;

/** @typeParam D the connections that the use case needs */
export interface Call<D, O extends Operation = Operation> {
  request: ApiRequest;
  deps: D;
  /** Anonymous for an operation without scopes. */
  caller: Caller;
  params: ParamsOf<O>;
  query: QueryOf<O>;
  body: BodyOf<O>;
  /** For the audit: reports the caller if the use case authenticates by itself. */
  seen: (caller: Caller) => void;
  /** For the audit: reports what the call has changed, before and after; never a secret. */
  changed: Changed;
  /** Call when the audit row has already been sent. */
  audited: () => void;
}

export type UseCase<D, O extends Operation> = (call: Call<D, O>) => Promise<ApiResponse>;

/** A use case with its operation. */
export interface Served<D> {
  operation: Operation;
  run: (call: Call<D>) => Promise<ApiResponse>;
  /** Renders errors, if they are not problem documents. */
  refuse?: Refuse | undefined;
}

export type Refuse = (problem: Problem, request: ApiRequest) => Promise<ApiResponse>;

/** Binds a use case to its operation, with the operation's own types. */
export const serve = <D, const O extends Operation>(
  served: O,
  run: UseCase<D, O>,
  refuse?: Refuse,
): Served<D> => ({
  operation: served,
  // Safe: the handler gives each use case what its own operation's schemas parsed.
  run: run as unknown as Served<D>["run"],
  refuse,
});
