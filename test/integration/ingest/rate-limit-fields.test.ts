/** RateLimit and RateLimit-Policy, read by a parser of structured fields (RFC 9651). */
import { parseList } from "structured-headers";
import { describe, expect, it } from "vitest";
import { getPipeline } from "../../../lib/events/contract.ts";
import { someEvents } from "../../support/faults.ts";
import { asker } from "../../support/http/reading.ts";
import { addClient, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const BURST = 20;

const deps = await testDeps();
const { secret } = await addClient(deps, "limited", { rate: 10, burst: BURST });

/** Returns the name and parameters of a field's only policy. @throws for text that is not a list of items */
function policy(headers: Record<string, unknown>, field: string): [name: unknown, parameters: object] {
  const list = parseList(String(headers[field]));
  expect(list).toHaveLength(1);
  const [name, parameters] = list[0] as [unknown, Map<string, unknown>];
  return [name, Object.fromEntries(parameters)];
}

const integer = (least: number, most: number) =>
  expect.toSatisfy((value) => Number.isInteger(value) && value >= least && value <= most);

describe("the rate limit's headers", () => {
  it("are lists of one named policy with integers, on a 202, a 422, a 429 and a read", async () => {
    const events = someEvents(15);
    const answers = [
      await send(deps, secret, events),
      await send(deps, secret, { events: [] }),
      await send(deps, secret, events),
      await asker(deps, secret)(getPipeline),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 422, 429, 200]);
    for (const { headers } of answers) {
      expect(policy(headers, "ratelimit-policy")).toEqual(["default", { q: BURST, w: 2 }]);
      expect(policy(headers, "ratelimit")).toEqual(["default", { r: integer(0, BURST), t: integer(0, 2) }]);
    }
  });
});
