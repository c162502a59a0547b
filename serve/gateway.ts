/**
 * API Gateway on one machine: serves the functions' handlers over HTTP. It bounds what a client can hold: the size and
 * duration of headers, body and request, and the number of requests in flight.
 */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import proxyAddr from "proxy-addr";
import type { Log } from "../lib/base/log.ts";
import { MAX_BODY_BYTES } from "../lib/http/body.ts";
import type { FunctionName, Operation } from "../lib/http/operation.ts";
import { contextOf, splitTarget, toEvent, writeResult } from "./event.ts";
import { type Match, router } from "./routes.ts";

export type Handler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2 | undefined>;

export interface GatewayOptions {
  operations: readonly Operation[];
  handlers: Readonly<Record<FunctionName, Handler>>;
  /** Answers a request that exceeds the limit of requests in flight. @param waitS seconds until there is probably room */
  refuse: (event: APIGatewayProxyEventV2, context: Context, waitS: number) => ReturnType<Handler>;
  log: Pick<Log, "warn" | "error">;
  limits?: Partial<Limits>;
  /** Addresses and subnets of proxies whose `X-Forwarded-For` is believed, as `proxy-addr` takes them. */
  trustedProxies?: readonly string[];
}

export interface Limits {
  /** Milliseconds that a function has, by name. */
  functionMs: (name: FunctionName) => number;
  /** Milliseconds until a request's headers are complete. */
  headersMs: number;
  /** Milliseconds until a request's body is complete. */
  requestMs: number;
  /** Milliseconds that a connection may be idle. Longer than a load balancer's, so that it is the one that closes. */
  idleMs: number;
  headerBytes: number;
  inFlight: number;
}

/** As in serverless.yml. */
const FUNCTION_MS: Readonly<Partial<Record<FunctionName, number>>> = { ingest: 15_000, health: 10_000 };
const DEFAULT_FUNCTION_MS = 29_000;
const LIMITS: Limits = {
  functionMs: (name) => FUNCTION_MS[name] ?? DEFAULT_FUNCTION_MS,
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 65_000,
  // API Gateway's quota for the request line and the headers.
  headerBytes: 10_240,
  inFlight: 1_000,
};

/** So much more than a function accepts that it refuses the body by its length alone, and records that. */
const READ_BYTES = 2 * MAX_BODY_BYTES;

export interface Drain {
  /** Milliseconds in which new connections are still accepted, so that a load balancer can choose another server. */
  graceMs: number;
  /** Milliseconds after that, until the requests in flight are cut off. */
  withinMs: number;
}

export interface Gateway {
  server: Server;
  readonly inFlight: number;
  /** Ends without losing a call: responses ask clients to close their connections, and later no new one is accepted. */
  drain(times: Drain): Promise<void>;
}

export function createGateway(options: GatewayOptions): Gateway {
  const { handlers, refuse, log } = options;
  const limits = { ...LIMITS, ...options.limits };
  const find = router(options.operations);
  const trust = proxyAddr.compile([...(options.trustedProxies ?? [])]);
  let inFlight = 0;
  let draining = false;
  /** Mean milliseconds of recent requests, weighted towards the newest. */
  let meanMs = 0;

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const receivedAt = Date.now();
    const { path } = splitTarget(request.url ?? "/");
    const match = find(request.method ?? "GET", path);
    const address = addressOf(request, trust);
    if (inFlight >= limits.inFlight) {
      const event = toEvent(request, match, { body: Buffer.alloc(0), address, receivedAt });
      const waitS = Math.max(1, Math.ceil(meanMs / 1_000));
      return finish(response, await invoke(match, (context) => refuse(event, context, waitS)));
    }
    inFlight++;
    const started = performance.now();
    try {
      const body = await readBody(request);
      if (body === undefined) return;
      const event = toEvent(request, match, { body: body.bytes, address, receivedAt });
      const result = await invoke(match, (context) => handlers[match.function](event, context));
      // The rest of the body is not read, so the connection can't carry another request.
      if (!body.complete) response.setHeader("connection", "close");
      finish(response, result);
    } finally {
      inFlight--;
      meanMs += (performance.now() - started - meanMs) / 16;
    }
  };

  const finish = (response: ServerResponse, result: APIGatewayProxyStructuredResultV2): void => {
    if (draining) response.setHeader("connection", "close");
    writeResult(response, result);
  };

  const invoke = async (
    { key, function: name }: Match,
    call: (context: Context) => ReturnType<Handler>,
  ): Promise<APIGatewayProxyStructuredResultV2> => {
    const timeoutMs = limits.functionMs(name);
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), timeoutMs);
    try {
      const result = await Promise.race([call(contextOf(name, timeoutMs)), late.promise]);
      if (result !== undefined) return result;
      log.error("function-timeout", { route: key });
    } catch (error) {
      log.error("function-failed", { route: key, error: error as Error });
    } finally {
      clearTimeout(timer);
    }
    return plainProblem(503);
  };

  const settings: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs, limits.requestMs),
    noDelay: true,
  };
  const server = createServer(settings, (request, response) => {
    respond(request, response).catch((error: Error) => {
      log.error("gateway-failed", { error });
      response.destroy();
    });
  });
  server.on("clientError", refuseConnection);
  return {
    server,
    get inFlight() {
      return inFlight;
    },
    drain: async ({ graceMs, withinMs }) => {
      draining = true;
      await sleep(graceMs);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), withinMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** @returns undefined if the client disconnected; `complete` is false if the body is larger than any function accepts */
function readBody(request: IncomingMessage): Promise<{ bytes: Buffer; complete: boolean } | undefined> {
  // Not an async iterator, which takes more time than the rest of a small request's reading.
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length < READ_BYTES) return;
      request.pause();
      resolve({ bytes: Buffer.concat(chunks, READ_BYTES), complete: false });
    });
    request.once("end", () =>
      resolve({ bytes: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks), complete: true }),
    );
    request.once("error", () => resolve(undefined));
    // After "end" or "error", if there was one.
    request.once("close", () => resolve(undefined));
  });
}

/** The client's address: the last one that no trusted proxy reported about itself. */
function addressOf(request: IncomingMessage, trust: ReturnType<typeof proxyAddr.compile>): string | null {
  try {
    return proxyAddr(request, trust).replace(/^::ffff:/, "");
  } catch {
    // A trusted proxy reported no address.
    return null;
  }
}

/** Status by the code of an error in what came before the request's body. */
const CONNECTION_ERRORS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what is no HTTP request, or not in time. No route is known, so there is no audit row either. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const {
    statusCode = 400,
    headers = {},
    body = "",
  } = plainProblem(CONNECTION_ERRORS[error.code ?? ""] ?? 400);
  const lines = Object.entries({
    ...headers,
    "content-length": Buffer.byteLength(body),
    connection: "close",
  });
  socket.end(
    `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
  );
}

/** A problem without a type of its own (RFC 9457, section 4.2.1). */
const plainProblem = (status: number): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { "content-type": "application/problem+json; charset=utf-8", "cache-control": "no-store" },
  body: JSON.stringify({ type: "about:blank", title: STATUS_CODES[status], status }),
});
