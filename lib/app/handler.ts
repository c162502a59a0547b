/**
 * The middleware stack that all HTTP functions share: audit, problem documents, authentication, parameters. A function
 * lists the operations it serves, each with its use case.
 */

import middy, { type MiddlewareObj, type Request } from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { countUnqueued, logAudit, queueAudit } from "../audit/record/queue-row.ts";
import { answeredBytes, auditCall, auditHeader } from "../audit/record/row.ts";
import type { Unqueued } from "../audit/record/unqueued.ts";
import { authorize, presentedKey } from "../auth/authenticate.ts";
import { createLogger, type Log } from "../base/log.ts";
import { bodyJson } from "../http/body.ts";
import type { Call, Caller, Refuse, Served } from "../http/call.ts";
import { CORS_HEADERS, preflight } from "../http/cors.ts";
import { toProblem } from "../http/errors.ts";
import {
  type ApiRequest,
  type ApiResponse,
  fromGateway,
  problemResponse,
  toGateway,
} from "../http/gateway.ts";
import { readParameters } from "../http/parameters.ts";
import { Problem } from "../http/problem.ts";
import { rateLimitHeaders } from "../http/rate-limit.ts";
import { checkBody } from "../http/validate.ts";
import type { Database } from "../postgres/client.ts";
import type { Queue } from "../queue/port.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import type { Change } from "../trail/entry.ts";
import { serverSpan } from "./server-span.ts";

/** Milliseconds reserved before the function's timeout to respond and to write the audit row. */
const RESERVE_MS = 500;

/** Dependencies of the stack itself. */
export interface HandlerDeps {
  sql: Database;
  redis: RedisConnection;
  shards: Shards;
  queue: Queue;
  log: Log;
  unqueued: Unqueued;
}

type GetDeps = () => HandlerDeps | Promise<HandlerDeps>;
type Gateway = APIGatewayProxyEventV2;
type Result = APIGatewayProxyStructuredResultV2;
export type HttpHandler = (event: Gateway, context: Context) => Promise<Result>;

const ANONYMOUS: Caller = {
  clientId: null,
  keyId: null,
  keyPrefix: null,
  scopes: [],
  admin: false,
  limit: undefined,
};

/** The state of a call that its middlewares share. */
interface State {
  request: ApiRequest;
  caller: Caller;
  change: Change | undefined;
  audited: boolean;
  /** Pages of other origins may read the response. */
  cors: boolean;
}

/**
 * @param getDeps called at the first request, so that a cold start does not wait for connections
 * @param fallback handles calls that match no operation of this function
 */
export function httpHandler<D extends HandlerDeps>(
  getDeps: () => D | Promise<D>,
  served: readonly Served<D>[],
  fallback?: (call: Call<D>) => Promise<ApiResponse>,
): HttpHandler {
  const byRoute = new Map(
    served.map((entry) => [`${entry.operation.method} ${entry.operation.path}`, entry]),
  );
  const handler = async (_event: Gateway, { state }: StateContext): Promise<Result> => {
    const deps = await getDeps();
    const { method, route } = state.request;
    const entry = byRoute.get(`${method} ${route}`);
    state.cors = entry?.operation.cors === true;
    if (entry) return toGateway(await answer(entry, deps, state));
    if (!fallback) return toGateway(preflightHere(served, state.request) ?? refuse(served, state.request));
    return toGateway(await fallback(callOf(deps, state, {}, {}, undefined)));
  };
  /** A function URL has no routes, so the function finds the operation by the path; none has parameters there. */
  const withRoute = (event: Gateway): Gateway => {
    if (event.routeKey !== "$default") return event;
    const routeKey = `${event.requestContext.http.method} ${event.rawPath}`;
    return byRoute.has(routeKey) ? { ...event, routeKey } : event;
  };

  const run = middy<Gateway, Result, Error, StateContext, Internal>({ timeoutEarlyInMillis: RESERVE_MS })
    .use(begin)
    .use(audit(getDeps))
    .use(commonHeaders)
    .use(problems(getDeps, ({ method, route }) => byRoute.get(`${method} ${route}`)?.refuse))
    .handler(handler) as unknown as HttpHandler;
  // Outside of the middlewares, so that the span includes what the audit takes, and has the final status.
  return async (event, context) => {
    const request = fromGateway(withRoute(event));
    request.endsAt = Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS;
    const state: State = { request, caller: ANONYMOUS, change: undefined, audited: false, cors: false };
    (context as StateContext).state = state;
    return serverSpan(
      request,
      () => state.caller.clientId,
      (inside) => {
        request.trace = inside;
        return run(event, context);
      },
    );
  };
}

/** Only a function's URL gets preflights itself: the gateway has no routes for them, and passes them to the fallback. */
function preflightHere(served: readonly Served<never>[], request: ApiRequest): ApiResponse | undefined {
  const here = served.filter(({ operation }) => operation.cors && operation.path === request.path);
  return preflight(
    request,
    here.map(({ operation }) => operation.method),
  );
}

/**
 * Refuses a call that a function without fallback does not serve; only its function URL can be called with other paths.
 * @throws {Problem} `method-not-allowed` or `not-found`
 */
function refuse(served: readonly Served<never>[], { path }: ApiRequest): never {
  const allow = served
    .flatMap(({ operation }) => (operation.path === path ? operation.method : []))
    .join(", ");
  if (allow === "") throw new Problem("not-found", "The path does not exist here.");
  throw new Problem("method-not-allowed", `Here, this path supports ${allow} only.`, { headers: { allow } });
}

const callOf = <D>(deps: D, state: State, params: object, query: object, body: unknown): Call<D> =>
  ({
    request: state.request,
    deps,
    caller: state.caller,
    params,
    query,
    body,
    seen: (caller) => {
      state.caller = caller;
    },
    changed: (change) => {
      state.change = change;
    },
    audited: () => {
      state.audited = true;
    },
  }) as Call<D>;

async function answer<D extends HandlerDeps>(
  { operation, run }: Served<D>,
  deps: D,
  state: State,
): Promise<ApiResponse> {
  const { request } = state;
  if (operation.checkedByUseCase) return run(callOf(deps, state, {}, {}, undefined));
  if (operation.scopes.length > 0)
    await authorize(deps, presentedKey(request.headers["x-api-key"]), operation.scopes, (caller) => {
      state.caller = caller;
    });
  const { params, query } = readParameters(operation, request);
  const body = operation.body && checkBody(operation.body, bodyJson(request, operation.exactNumbers));
  const response = await run(callOf(deps, state, params, query, body));
  const { limit } = state.caller;
  return limit ? { ...response, headers: { ...rateLimitHeaders(limit), ...response.headers } } : response;
}

/** middy passes `internal` to middlewares only, so the state is in the context too. */
type Internal = { state: State };
type StateContext = Context & Internal;
type Middleware = MiddlewareObj<Gateway, Result, Error, StateContext, Internal>;
type MiddyRequest = Request<Gateway, Result, Error, StateContext, Internal>;

const begin: Middleware = {
  before: ({ context, internal }) => {
    internal.state = context.state;
  },
};

/**
 * Turns any error into a problem document, and logs errors with status 500 and above.
 * @param refuseOf returns how the operation of a request renders errors, if they are not problem documents
 */
function problems(getDeps: GetDeps, refuseOf: (request: ApiRequest) => Refuse | undefined): Middleware {
  return {
    onError: async (request) => {
      const { request: call, caller } = request.internal.state;
      const problem = toProblem(request.error);
      const limit = caller.limit ? rateLimitHeaders(caller.limit) : {};
      const response = (await refuseOf(call)?.(problem, call)) ?? problemResponse(problem, call.id);
      if (problem.status >= 500) {
        const cause = problem.cause ?? problem;
        (await logOf(getDeps)).error(problem.code, {
          request_id: call.id,
          route: call.route,
          error: cause as Error,
        });
      }
      request.response = toGateway({ ...response, headers: { ...limit, ...response.headers } });
    },
  };
}

/**
 * Adds the headers of every response: the request id, and those that keep browsers from guessing a type and caches from
 * storing a client's data. An operation with a public response sets its own Cache-Control.
 */
const addHeaders = ({ response, internal }: MiddyRequest): void => {
  if (!response) return;
  response.headers = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...(internal.state.cors && CORS_HEADERS),
    ...response.headers,
    "x-request-id": internal.state.request.id,
  };
};
const commonHeaders: Middleware = { after: addHeaders, onError: addHeaders };

/** The function's log, even if its settings are invalid: it then can't connect, but still responds. */
async function logOf(getDeps: GetDeps): Promise<Log> {
  try {
    return (await getDeps()).log;
  } catch {
    return createLogger({ logLevel: "ERROR" });
  }
}

/** Milliseconds reserved while waiting for the queue, to log the row if the queue does not accept it. */
const LOG_MS = 150;

/** Writes the audit row, whatever the outcome of the call: through the queue, or into the log. */
function audit(getDeps: GetDeps): Middleware {
  const write = async (request: MiddyRequest): Promise<void> => {
    const { state } = request.internal;
    if (state.audited) return;
    const { context, response } = request;
    const header = auditHeader(state.request, auditCall(state.request), {
      caller: state.caller,
      status: response?.statusCode ?? 500,
      bytesOut: answeredBytes(state.request, response?.body, response?.isBase64Encoded),
      change: state.change,
    });
    const withinMs = Math.max(0, context.getRemainingTimeInMillis() - LOG_MS);
    let deps: HandlerDeps;
    try {
      deps = await getDeps();
    } catch (error) {
      logAudit(await logOf(getDeps), header, error as Error);
      return countUnqueued(context.functionName);
    }
    await queueAudit(deps, header, { withinMs, functionName: context.functionName });
  };
  return { after: write, onError: write };
}
