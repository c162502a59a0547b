/** A client, and what tests send and read with its key. */
import { expect } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { expectStoredOnce, readPipeline, readReceipt, sendUntilTaken } from "./faults.ts";
import { addClient, counts, expectTidy, send, stored } from "./pipeline.ts";

/** Adds a client. Its calls go through `deps` unless another instance is given. */
export async function testClient(deps: Deps, name: string, options?: Parameters<typeof addClient>[2]) {
  const { clientId, secret } = await addClient(deps, name, options);
  return {
    deps,
    clientId,
    secret,
    send: (body: unknown, via = deps) => send(via, secret, body),
    /** Sends until the request is accepted. @returns the body of that answer */
    accept: async (body: unknown, via = deps) => (await sendUntilTaken(via, secret, body)).body,
    pipeline: async () => (await readPipeline(deps, secret)).body,
    receipt: async (id: string) => (await readReceipt(deps, secret, id)).body,
    counts: () => counts(deps, clientId),
    /** @param others counts that differ from those of events stored once */
    expectStored: async (events: number, others: object = {}) =>
      expect(await counts(deps, clientId)).toMatchObject(stored(events, others)),
    expectStoredOnce: (events: number) => expectStoredOnce(deps, clientId, events),
    expectTidy: () => expectTidy(deps, clientId),
  };
}

export type TestClient = Awaited<ReturnType<typeof testClient>>;
