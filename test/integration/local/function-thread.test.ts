import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { functionThread } from "../../../local/function-thread.ts";
import { temporaryFolder } from "../../support/folder.ts";

const FUNCTION = `
  import { threadId } from "node:worker_threads";
  export const handler = async (event, context) => {
    if (event.left) return context.getRemainingTimeInMillis();
    if (event.fail) throw new Error(event.fail);
    if (event.die) setImmediate(() => { throw new Error(event.die); });
    if (event.die) return new Promise(() => {});
    return { threadId, ...event };
  };`;

const context = { getRemainingTimeInMillis: () => 30_000 };
const file = join(await temporaryFolder(), "function.mjs");
await writeFile(file, FUNCTION);
const module = pathToFileURL(file).href;

describe("a function in a thread", () => {
  it("returns each call's answer, and throws the function's errors", async () => {
    const handler = functionThread(module, () => {});
    const events = [{ n: 1 }, { fail: "for a test" }, { n: 2 }];
    const [first, failed, second] = await Promise.allSettled(events.map((event) => handler(event, context)));
    expect(first).toMatchObject({ value: { n: 1, threadId: expect.any(Number) } });
    expect(failed).toMatchObject({ reason: { message: "for a test" } });
    expect(second).toMatchObject({ value: { n: 2 } });
  });

  it("knows how much time it has left", async () => {
    const handler = functionThread(module, () => {});
    await handler({ n: 1 }, context);
    const left = await handler({ left: true }, context);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(30_000);
  });

  it("fails the calls under way with the reason when it ends", async () => {
    let ended = 0;
    const handler = functionThread(module, () => ended++);
    await expect(handler({ die: "for a test" }, context)).rejects.toThrow("for a test");
    expect(ended).toBe(1);
  });
});
