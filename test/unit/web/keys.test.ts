import { describe, expect, it } from "vitest";
import { scopeSchema } from "../../../lib/base/scope.ts";
import { expiresAt, SCOPES, stateOf } from "../../../web/dashboard/views/clients/scope-texts.ts";

const NOW = Date.parse("2026-11-29T15:00:00Z");

describe("a new key", () => {
  it("can have every scope of the API", () => {
    expect([...SCOPES].sort()).toEqual([...scopeSchema.options].sort());
  });

  it.each([
    ["never", undefined, null],
    ["7", undefined, "2026-12-06T15:00:00.000Z"],
    ["365", undefined, "2027-11-29T15:00:00.000Z"],
    ["custom", NOW + 1_000, "2026-11-29T15:00:01.000Z"],
  ] as const)("with the expiry %s expires then", (expiry, custom, expected) => {
    expect(expiresAt(expiry, custom, NOW)).toBe(expected);
  });

  it("can't expire in the past, nor at no time", () => {
    expect(() => expiresAt("custom", NOW, NOW)).toThrow("expired already");
    expect(() => expiresAt("custom", undefined, NOW)).toThrow("Enter the time");
  });
});

describe("stateOf", () => {
  it.each([
    [null, null, "active"],
    ["2026-11-29T15:00:00Z", null, "expired"],
    ["2026-11-29T15:00:01Z", null, "active"],
    [null, "2026-11-29T14:00:00Z", "revoked"],
    ["2026-11-29T14:00:00Z", "2026-11-29T13:00:00Z", "revoked"],
  ] as const)("a key that expires at %s and was revoked at %s is %s", (expires_at, revoked_at, state) => {
    expect(stateOf({ expires_at, revoked_at }, NOW)).toBe(state);
  });
});
