import type { Call } from "../http/call.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import type * as contract from "./contract.ts";

/** What a key is told about itself. Needs no query: the caller was read when it was admitted. */
export async function getOwnKey({ caller }: Call<unknown, typeof contract.getOwnKey>): Promise<ApiResponse> {
  const { clientId, keyId, keyPrefix, scopes } = caller;
  return json(200, { client_id: clientId, key_id: keyId, prefix: keyPrefix, scopes });
}
