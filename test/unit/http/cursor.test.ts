import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isUuid } from "../../../lib/base/ids.ts";
import { decodeCursor, encodeCursor, isTextPart, isTimePart, linkNext } from "../../../lib/http/cursor.ts";
import { fromGateway } from "../../../lib/http/gateway.ts";
import { Problem } from "../../../lib/http/problem.ts";
import { gatewayEvent } from "../../support/http/gateway.ts";

const CHECKS = [isTimePart, isTextPart, isTextPart] as const;
const TIME = "2026-11-23T06:00:00.123456Z";
/** Any text that a text column can store. */
const storable = fc
  .string({ unit: "grapheme", maxLength: 200 })
  .filter((text) => text.isWellFormed() && !text.includes("\0"));

function fault(cursor: string, checks: readonly ((part: string) => boolean)[] = CHECKS): unknown {
  try {
    decodeCursor(cursor, checks);
  } catch (error) {
    if (error instanceof Problem) return { code: error.code, errors: error.errors };
  }
  return undefined;
}

describe("cursor", () => {
  test("is decoded unchanged, for any ids", () => {
    fc.assert(
      fc.property(storable, storable, (id, client) => {
        expect(decodeCursor(encodeCursor([TIME, id, client]), CHECKS)).toEqual([TIME, id, client]);
      }),
    );
  });

  test("fits into the parameter with the longest id", () => {
    for (const character of ["\u0001", "€", '"'])
      expect(encodeCursor([TIME, character.repeat(200), "c".repeat(32)]).length).toBeLessThanOrEqual(1_000);
  });

  test("needs no encoding in a URL", () => {
    expect(encodeCursor([TIME, "a/b?c=d&e>f", "ü"])).toMatch(/^[\w-]+$/);
  });

  test.each([
    ["empty", ""],
    ["other characters", "!!!"],
    ["a text", "hello"],
    ["too few parts", encodeCursor([TIME, "id"])],
    ["too many parts", encodeCursor([TIME, "id", "client", "more"])],
    ["without a time", encodeCursor(["yesterday", "id", "client"])],
    ["an invalid time", encodeCursor(["2026-02-30T00:00:00Z", "id", "client"])],
    ["a time with an offset that PostgreSQL refuses", encodeCursor(["2026-02-01T00:00:00+23:00", "id", "c"])],
    ["broken UTF-8", Buffer.from(`${TIME}\0\xff\0client`, "latin1").toString("base64url")],
    ["padding", `${encodeCursor([TIME, "id", "client"])}==`],
    ["something after it", `${encodeCursor([TIME, "id", "client"])}.`],
  ])("is refused if it is %s", (_name, cursor) => {
    expect(fault(cursor)).toEqual({
      code: "invalid-parameter",
      errors: [{ parameter: "cursor", detail: "must be next_cursor from the previous page of this list" }],
    });
  });

  test("is refused if it is another list's", () => {
    expect(fault(encodeCursor([TIME, "id"]), [isTimePart, isUuid])).toMatchObject({
      code: "invalid-parameter",
    });
  });

  test("is refused with a problem, never an internal error, if it is garbage", () => {
    fc.assert(
      fc.property(fc.string(), (garbage) => {
        expect(fault(garbage)).toMatchObject({ code: "invalid-parameter" });
      }),
    );
  });
});

describe("linkNext", () => {
  const request = fromGateway(
    gatewayEvent({
      method: "GET",
      route: "/v1/events",
      query: { limit: "2", event_type: "a>b\r\n", cursor: "old" },
    }),
  );

  test("repeats the query with the next cursor", () => {
    expect(linkNext(request, "new")).toEqual({
      link: '</v1/events?limit=2&event_type=a%3Eb%0D%0A&cursor=new>; rel="next"',
    });
  });

  test("is absent on the last page", () => {
    expect(linkNext(request, null)).toEqual({});
  });
});
