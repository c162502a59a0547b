/** Calls of the API through the SDK, with retries, and with errors for people. Numbers keep their digits. */
import { parseExact } from "../../lib/base/json.ts";
import { paths } from "../../sdk/typescript/src/generated/operations.ts";
import {
  createWeirClient,
  type OperationId,
  type Parameters,
  type Result,
} from "../../sdk/typescript/src/node.ts";
import type { Access } from "../access/access.ts";
import { callError } from "../errors.ts";
import { interrupted } from "../interrupt.ts";
import { withRetries } from "./retry.ts";

export interface Api {
  /** For links; undefined if the servers are used without the API. */
  url: string | undefined;
  /** The body of a successful response. @throws {CliError} */
  call<Id extends OperationId>(id: Id, parameters?: Parameters<Id>): Promise<Result<Id>>;
  /** A piece of a file, and the cursor of the next one. @throws {CliError} */
  piece(
    id: "exportEvents" | "exportAudit",
    query: object,
  ): Promise<{ text: string; cursor: string | undefined }>;
}

/** Longest time of one attempt, in milliseconds: API Gateway's limit, and some for the network. */
const TIMEOUT_MS = 40_000;

/** The API over HTTP. */
export function httpApi({ url, key }: Pick<Access, "url" | "key">): Api {
  const weir = createWeirClient({ url, key, timeoutMs: TIMEOUT_MS });
  // One signature for all operations: the SDK's types tie the parameters to each.
  const fetchText = (id: OperationId, parameters: object) => async () => {
    const response = await weir.response(id, parameters as never, { signal: interrupted });
    return { text: await response.text(), headers: response.headers };
  };
  const text = async (id: OperationId, parameters: object) => {
    try {
      return await withRetries(
        fetchText(id, parameters),
        paths[id][0] !== "POST" && paths[id][0] !== "PATCH",
        interrupted,
      );
    } catch (error) {
      throw callError(error, url);
    }
  };
  return {
    url,
    call: async <Id extends OperationId>(id: Id, parameters?: Parameters<Id>) => {
      const { text: body } = await text(id, parameters ?? {});
      return (body === "" ? undefined : parseExact(body)) as Result<Id>;
    },
    piece: async (id, query) => {
      const { text: body, headers } = await text(id, { query });
      return { text: body, cursor: headers.get("x-next-cursor") ?? undefined };
    },
  };
}
