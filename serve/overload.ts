import { type HandlerDeps, httpHandler } from "../lib/app/handler.ts";
import { Problem } from "../lib/http/problem.ts";
import type { GatewayOptions } from "./gateway.ts";

/** Answers `overloaded`, with an audit row like any other response. */
export const refuseOverload =
  (getDeps: () => HandlerDeps | Promise<HandlerDeps>): GatewayOptions["refuse"] =>
  (event, context, waitS) => {
    const detail = "Too many requests are in progress.";
    const refuse = async (): Promise<never> => {
      throw new Problem("overloaded", detail, { headers: { "retry-after": String(waitS) } });
    };
    return httpHandler(getDeps, [], refuse)(event, context);
  };
