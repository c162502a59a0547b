/** Calls as text, to repeat them elsewhere. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { curlText, httpText, requestLine } from "../../../web/dashboard/api/curl.ts";

const ORIGIN = "https://weir.example:8443";

describe("a call as text", () => {
  it("has its path and query, readable where nothing is ambiguous", () => {
    expect(
      requestLine("listEvents", {
        query: {
          event_type: "a&b c",
          start: "2026-11-29T00:00:00+01:00",
          where: ["payload.a=1", "payload.b"],
          limit: undefined,
        },
      }),
    ).toEqual([
      "GET",
      "/v1/events?event_type=a%26b%20c&start=2026-11-29T00:00:00%2B01:00&where=payload.a%3D1&where=payload.b",
    ]);
    expect(requestLine("getEvent", { path: { event_id: "a/b?" } })).toEqual(["GET", "/v1/events/a%2Fb%3F"]);
  });

  it("names the key by a variable only", () => {
    expect(httpText("countEvents", {}, ORIGIN)).toBe(
      "GET /v1/analytics/count HTTP/1.1\nHost: weir.example:8443\nX-API-Key: $KEY",
    );
  });

  it("is a command that a shell runs as it is meant, whatever the values contain", () => {
    const body = { name: `it's "$HOME" \`date\` \\` };
    const command = curlText("createClient", { body }, ORIGIN);
    // In place of curl, a program that prints its arguments.
    const script = `curl() { printf '%s\\0' "$@"; }; KEY=secret; ${command}`;
    const words = execFileSync("sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
    expect(words).toEqual([
      "-X",
      "POST",
      `${ORIGIN}/v1/clients`,
      "-H",
      "X-API-Key: secret",
      "-H",
      "Content-Type: application/json",
      "--data",
      JSON.stringify(body),
    ]);
  });
});
