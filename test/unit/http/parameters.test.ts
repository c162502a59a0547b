/** Parameters that are not percent-encoded UTF-8, after the gateway's decoding. */
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { readParameters } from "../../../lib/http/parameters.ts";
import { Problem } from "../../../lib/http/problem.ts";

const described = {
  params: z.object({ id: z.string() }),
  query: z.strictObject({ type: z.string().max(3).optional() }),
};

/** The invalid parameters; empty if all are accepted. */
function faults(path: string, id: string, rawQuery = ""): unknown[] {
  try {
    readParameters(described, { path, params: { id }, rawQuery, query: new URLSearchParams(rawQuery) });
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.errors?.map(({ parameter }) => parameter) ?? [];
  }
}

describe("a path", () => {
  test("is refused if it is not UTF-8", () => {
    expect(faults("/v1/events/%ff", "\uFFFD")).toEqual(["id"]);
    expect(faults("/v1/events/a%C3", "a\uFFFD")).toEqual(["id"]);
  });

  test("may contain U+FFFD itself, and a single % that the gateway has decoded", () => {
    expect(faults("/v1/events/%EF%BF%BD", "\uFFFD")).toEqual([]);
    expect(faults("/v1/events/\uFFFD%", "\uFFFD%")).toEqual([]);
    expect(faults("/v1/events/100%", "100%")).toEqual([]);
    expect(faults("/v1/events/100%25", "100%")).toEqual([]);
  });
});

test("a parameter that can't be decoded has one fault, and others keep theirs", () => {
  expect(faults("/x", "x", "type=%ff%ff%ff%ff&colour=1")).toEqual(["type", "colour"]);
  expect(faults("/x", "x", "type=%ff&%zz=1&__proto__=1")).toEqual(["type", "%zz", "__proto__"]);
  expect(faults("/x", "x", "type=toolong&type=b")).toEqual(["type"]);
});

test("NUL is refused, and parameters without a schema are not checked", () => {
  expect(faults("/x", "x", "type=%00")).toEqual(["type"]);
  const request = {
    path: "/%ff",
    params: { id: "\uFFFD" },
    rawQuery: "%zz=1",
    query: new URLSearchParams("%zz=1"),
  };
  expect(readParameters({}, request)).toEqual({ params: {}, query: {} });
});
