import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { bodyText } from "../../../lib/http/body.ts";
import { fromGateway } from "../../../lib/http/gateway.ts";
import plain from "../../fixtures/apigateway-v2.json" with { type: "json" };
import base64 from "../../fixtures/apigateway-v2-base64.json" with { type: "json" };
import full from "../../fixtures/apigateway-v2-full.json" with { type: "json" };

const read = (event: object) => fromGateway(event as APIGatewayProxyEventV2);

describe("an event of API Gateway", () => {
  it("without a body or query has its route, time, address and headers", () => {
    expect(read(plain)).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      receivedAt: 1_718_639_559_080,
      method: "POST",
      route: "/lambda",
      path: "/lambda",
      params: {},
      rawQuery: "",
      headers: { "user-agent": "HTTPie/3.2.2" },
      address: "15.248.3.126",
      body: "",
      bodyIsBase64: false,
    });
  });

  it("with a base64 body and members that are null has its text", () => {
    const request = read(base64);
    expect(request).toMatchObject({ method: "POST", route: "/path", params: {}, bodyIsBase64: true });
    expect(bodyText(request)).toBe("foo=bar");
  });

  it("for no route has its path parameters, every value of a repeated parameter, and its text", () => {
    const request = read(full);
    expect(request).toMatchObject({ route: "$default", path: "/my/path", params: { parameter1: "value1" } });
    expect(request.query.getAll("parameter1")).toEqual(["value1", "value2"]);
    expect(request.headers.Header2).toBe("value1,value2");
    expect(bodyText(request)).toBe('{"message": "hello world", "username": "tom"}');
  });
});
