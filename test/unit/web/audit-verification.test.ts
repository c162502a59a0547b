import { describe, expect, it } from "vitest";
import {
  checkedEntries,
  describePart,
  type PartResult,
  partsOf,
  type Verification,
  verifyParts,
} from "../../../web/dashboard/views/audit/verification.ts";

const NOW = Date.parse("2026-11-29T15:00:00Z");

describe("partsOf", () => {
  it("divides a range into full days, without days in the future", () => {
    const parts = partsOf({ start: "2026-11-27T22:00:00Z", end: "2027-01-01T00:00:00Z" }, NOW);
    expect(parts.map(describePart)).toEqual(["2026-11-27", "2026-11-28", "2026-11-29"]);
    expect(parts[0]).toEqual({ start: "2026-11-27T00:00:00Z", end: "2026-11-28T00:00:00Z" });
  });

  it("makes at most 31 parts, which leave no day out", () => {
    const parts = partsOf({ start: "2025-11-29T15:00:00Z", end: "2026-11-29T15:00:00Z" }, NOW);
    expect(parts.length).toBeLessThanOrEqual(31);
    expect(parts.slice(1).map(({ start }) => start)).toEqual(parts.slice(0, -1).map(({ end }) => end));
    expect([parts[0]?.start, parts.at(-1)?.end]).toEqual(["2025-11-29T00:00:00Z", "2026-11-30T00:00:00Z"]);
  });

  it("verifies an open range in one part", () => {
    expect(partsOf({ start: undefined, end: undefined }, NOW).map(describePart)).toEqual(["the whole log"]);
    const [part] = partsOf({ start: undefined, end: "2026-11-01T10:00:00Z" }, NOW);
    expect(describePart(part ?? { start: "", end: "" })).toBe("all days before 2026-11-02");
  });
});

const answer = (entries: number, change: Partial<Verification> = {}): Verification => ({
  valid: true,
  complete: true,
  signatures: "checked",
  entries,
  seals: 1,
  checkpoints: 0,
  withheld: 0,
  expired: 0,
  erased: 0,
  head: { lanes: [], checkpoint: null },
  next_cursor: null,
  ...change,
});
const parts = partsOf({ start: "2026-11-28T00:00:00Z", end: "2026-11-30T00:00:00Z" }, NOW);

async function run(answers: Verification[]): Promise<{ steps: (readonly PartResult[])[]; asked: object[] }> {
  const asked: object[] = [];
  const steps: (readonly PartResult[])[] = [];
  const ask = (query: object): Promise<Verification> => {
    asked.push(query);
    return Promise.resolve(answers[asked.length - 1] as Verification);
  };
  for await (const step of verifyParts(parts, ask)) steps.push(step);
  return { steps, asked };
}

describe("verifyParts", () => {
  it("follows the cursor of a part, and shows how far it has come", async () => {
    const { steps, asked } = await run([
      answer(20_000, { complete: false, next_cursor: "next" }),
      answer(30_000),
      answer(5),
    ]);
    expect(asked.map((query) => ("cursor" in query ? query.cursor : undefined))).toEqual([
      undefined,
      "next",
      undefined,
    ]);
    expect(steps.map(checkedEntries)).toEqual([0, 20_000, 30_000, 30_000, 30_005]);
    expect(steps.at(-1)?.map(({ state }) => state)).toEqual(["valid", "valid"]);
  });

  it("ends with the first invalid part", async () => {
    const fault = { kind: "entry" as const, reason: "the entry was changed" };
    const { steps, asked } = await run([answer(3, { valid: false, first_invalid: fault }), answer(5)]);
    expect(asked).toHaveLength(1);
    expect(steps.at(-1)).toMatchObject([{ state: "invalid", so_far: { first_invalid: fault } }]);
  });
});
