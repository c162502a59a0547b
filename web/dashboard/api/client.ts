/** Calls the API with the key of the session, through the client of the SDK. */
import {
  type Client,
  createWeirClient,
  type OperationId,
  type Parameters,
  type Result,
} from "../../../sdk/typescript/src/client.ts";
import { WeirError } from "../../../sdk/typescript/src/errors.ts";
import { endSession, session } from "../app/session.ts";
import { parseExact } from "./exact.ts";

export type { OperationId, Parameters, Result };
export { WeirError };

export interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
}

/** Parameters of a call, optional if the operation requires none. */
export type Given<Id extends OperationId> =
  Record<never, never> extends Parameters<Id>
    ? [parameters?: Parameters<Id>, options?: CallOptions]
    : [parameters: Parameters<Id>, options?: CallOptions];

let client: { key: string | undefined; calls: Client } | undefined;

/** A client with the key of the session, or with another one. */
export function clientWith(key: string | undefined): Client {
  if (client === undefined || client.key !== key)
    client = { key, calls: createWeirClient({ url: location.origin, ...(key !== undefined && { key }) }) };
  return client.calls;
}

/**
 * Calls an operation and reads its answer. Numbers that a double can't hold are of the class `ExactNumber`, whatever their
 * type says. A refused key ends the session.
 * @throws {WeirError} if the API answers with an error; otherwise as `fetch` does
 */
export async function call<Id extends OperationId>(id: Id, ...given: Given<Id>): Promise<Result<Id>> {
  const response = await respond(id, ...given);
  const text = await response.text();
  const isJson = /^application\/(?:[\w.]+\+)?json\b/.test(response.headers.get("content-type") ?? "");
  return (isJson && text !== "" ? parseExact(text) : text) as Result<Id>;
}

/** Like `call`, but with the response itself, for its headers or to read it as a stream. */
export async function respond<Id extends OperationId>(id: Id, ...given: Given<Id>): Promise<Response> {
  const key = session.value?.key;
  try {
    return await (clientWith(key).response as (...words: unknown[]) => Promise<Response>)(id, ...given);
  } catch (error) {
    if (error instanceof WeirError && error.status === 401 && session.value?.key === key)
      endSession(error.detail);
    throw error;
  }
}
