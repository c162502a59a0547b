import { createTraceState } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";
import { fromStoredTrace, readTrace, toStoredTrace, traceFields } from "../../../lib/base/trace-context.ts";

const [TRACE, SPAN] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
const parent = (version: string, flags = "01", rest = ""): string =>
  `${version}-${TRACE}-${SPAN}-${flags}${rest}`;

describe("a traceparent", () => {
  it("is read and passed on unchanged, with any flags", () => {
    for (const flags of ["00", "01", "02", "03", "ff"]) {
      const read = readTrace({ traceparent: parent("00", flags) });
      expect(read).toMatchObject({ traceId: TRACE, spanId: SPAN, isRemote: true });
      expect(read && traceFields(read)).toEqual({ traceparent: parent("00", flags) });
    }
  });

  it.each(["", "-", "-more-01"])("of a later version is read up to its flags, and %j after them", (rest) => {
    const read = readTrace({ traceparent: parent("cc", "ff", rest) });
    expect(read && traceFields(read)).toEqual({ traceparent: parent("00", "01") });
  });

  it.each([
    ["nothing", undefined],
    ["no text", 1],
    ["the empty text", ""],
    ["version ff", parent("ff")],
    ["a version of one digit", parent("0")],
    ["version 00 with more", parent("00", "01", "-00")],
    ["version 00 with a hyphen at its end", parent("00", "01", "-")],
    ["a later version with more, without a hyphen", parent("01", "01", "00")],
    ["capitals", parent("00").toUpperCase()],
    ["a trace id of zeros", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["a span id of zeros", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["a short trace id", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["a long span id", `00-${TRACE}-${SPAN}0-01`],
    ["no flags", `00-${TRACE}-${SPAN}`],
    ["flags that are not hexadecimal", parent("00", "0g")],
    ["a space before it", ` ${parent("00")}`],
    ["a line break after it", `${parent("00")}\n`],
    ["two of them, as a gateway joins repeated headers", `${parent("00")},${parent("00")}`],
    ["ten kilobytes", "0".repeat(10_240)],
    ["ten kilobytes after a valid one", parent("00", "01", "-".repeat(10_240))],
  ])("is ignored if it is %s", (_, traceparent) => {
    expect(readTrace({ traceparent: traceparent as string, tracestate: "a=1" })).toBeUndefined();
  });
});

describe("a tracestate", () => {
  const passedOn = (tracestate: string): string | undefined => {
    const read = readTrace({ traceparent: parent("00"), tracestate });
    return read && traceFields(read).tracestate;
  };
  it("is passed on", () => {
    expect(passedOn("vendor=1,other@x=a b")).toBe("vendor=1,other@x=a b");
  });

  it("is dropped, without the traceparent, if it is too long or has no valid member", () => {
    const longest = `a=${"x".repeat(255)},b=${"x".repeat(252)}`;
    expect([longest.length, passedOn(longest)]).toEqual([512, longest]);
    expect(passedOn(`${longest}y`)).toBeUndefined();
    expect(passedOn("no member")).toBeUndefined();
    expect(passedOn("")).toBeUndefined();
  });

  it("that an SDK has made too long is not passed on", () => {
    const traceState = createTraceState("a=1").set("b", "x".repeat(255)).set("c", "x".repeat(255));
    const fields = traceFields({ traceId: TRACE, spanId: SPAN, traceFlags: 1, traceState });
    expect(fields).toEqual({ traceparent: parent("00") });
  });
});

it("is stored in 25 bytes", () => {
  for (const flags of ["00", "01", "ff"]) {
    const read = readTrace({ traceparent: parent("00", flags) });
    const hex = read ? toStoredTrace(read) : "";
    expect(Buffer.from(hex, "hex")).toHaveLength(25);
    expect(fromStoredTrace(hex)).toBe(parent("00", flags));
  }
});
