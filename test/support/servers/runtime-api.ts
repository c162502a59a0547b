/** AWS Lambda's Runtime API, for one instance: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { atEnd } from "../cleanup.ts";
import { listen } from "./ports.ts";

const PREFIX = "/2018-06-01/runtime";

/** How a call ended. */
export type Outcome =
  | { ended: "answered"; answer: { statusCode?: number; body?: string; [member: string]: unknown } }
  | { ended: "failed"; error: string };

interface Invocation {
  id: string;
  event: object;
  deadline: number;
  end(outcome: Outcome): void;
}

export interface RuntimeApi {
  /** Host and port, as in AWS_LAMBDA_RUNTIME_API. */
  address: string;
  /** Gives an event to the instance, after those given before. @param remainingMs until the function's deadline */
  invoke(event: object, remainingMs: number): Promise<Outcome>;
}

export async function startRuntimeApi(functionName: string): Promise<RuntimeApi> {
  const waiting: Invocation[] = [];
  const running = new Map<string, Invocation>();
  let next: ServerResponse | undefined;
  let calls = 0;

  /** The instance has asked for an event, and there is one. */
  const handOver = (): void => {
    if (!next || waiting.length === 0) return;
    const invocation = waiting.shift() as Invocation;
    running.set(invocation.id, invocation);
    next.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": invocation.id,
      "lambda-runtime-deadline-ms": String(invocation.deadline),
      "lambda-runtime-invoked-function-arn": `arn:aws:lambda:us-east-1:123456789012:function:${functionName}`,
    });
    next.end(JSON.stringify(invocation.event));
    next = undefined;
  };
  const accept = (response: ServerResponse): void =>
    void response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
  const end = (id: string, response: ServerResponse, outcome: Outcome): void => {
    running.get(id)?.end(outcome);
    running.delete(id);
    accept(response);
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? "").slice(PREFIX.length);
    if (request.method === "GET" && path === "/invocation/next") {
      next = response;
      return handOver();
    }
    const body = (await json(request)) as Record<string, unknown> | null;
    const [, id = "", what] = /^\/invocation\/([^/]+)\/(response|error)$/.exec(path) ?? [];
    const error = `${body?.errorType}: ${body?.errorMessage}`;
    if (what === "response") return end(id, response, { ended: "answered", answer: body ?? {} });
    if (what === "error") return end(id, response, { ended: "failed", error });
    if (path !== "/init/error") return void response.writeHead(404).end();
    accept(response);
    // Lambda answers the calls that wait for the instance with its error.
    for (const invocation of waiting.splice(0)) invocation.end({ ended: "failed", error });
  };
  const server = createServer((request, response) => void handle(request, response));
  // An instance that was frozen would send its answer to a connection that is about to be closed.
  server.keepAliveTimeout = 0;
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = `127.0.0.1:${await listen(server)}`;
  return {
    address,
    invoke: (event, remainingMs) =>
      new Promise((resolve) => {
        calls += 1;
        const deadline = Date.now() + remainingMs;
        waiting.push({ id: `call-${calls}`, event, deadline, end: resolve });
        handOver();
      }),
  };
}
