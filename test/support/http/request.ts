import { type ApiRequest, fromGateway } from "../../../lib/http/gateway.ts";
import { type GatewayRequest, gatewayEvent } from "./gateway.ts";

/** A request as handlers get it. */
export const apiRequest = (
  body: string | Buffer,
  headers: Record<string, string> = {},
  others: Partial<GatewayRequest> = {},
): ApiRequest =>
  fromGateway(
    gatewayEvent({
      method: "POST",
      route: "/v1/events",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : body.toString("base64"),
      base64: typeof body !== "string",
      ...others,
    }),
  );
