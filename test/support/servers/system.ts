/** The complete system, and its tests' calls, each checked against the OpenAPI document. */
import { expect, vi } from "vitest";
import { type Checked, checkedApi } from "../http/checked-api.ts";
import { testStack } from "./stack.ts";

export type System = Awaited<ReturnType<typeof testSystem>>;

/** Takes the parameters of `testStack`. */
export async function testSystem(...words: Parameters<typeof testStack>) {
  const stack = await testStack(...words);
  const api = await checkedApi(stack.url);
  const get = (path: string, as = stack.apiKey): Promise<Checked> => api.call("GET", path, { key: as });
  const make = async (path: string, body: object): Promise<Checked> => {
    const answer = await api.call("POST", path, { key: stack.adminKey, body });
    expect(answer.status, answer.text).toBe(201);
    return answer;
  };
  const complete = async (receiptId: string): Promise<Checked> => {
    const receipt = await get(`/v1/receipts/${receiptId}`);
    const { accepted, stored, duplicates, quarantined, pending, completed_at } = receipt.body;
    expect(accepted).toBe(stored + duplicates + quarantined + pending);
    expect([pending, completed_at === null]).toEqual([0, false]);
    return receipt;
  };
  return {
    stack,
    api,
    /** Sends a body to /v1/events. @param as the key, by default that of the demo client */
    post: (body: unknown, headers: Record<string, string> = {}, as = stack.apiKey): Promise<Checked> =>
      api.call("POST", "/v1/events", { key: as, body, headers }),
    get,
    /** Waits until a receipt of the demo client is complete; its sum must hold at every read. */
    settled: (receiptId: string): Promise<Checked> =>
      vi.waitFor(() => complete(receiptId), { timeout: 45_000, interval: 50 }),
    newClient: async (body: object): Promise<string> => (await make("/v1/clients", body)).body.client_id,
    newKey: async (client: string, body: object): Promise<{ secret: string; key_id: string }> =>
      (await make(`/v1/clients/${client}/keys`, body)).body,
  };
}
