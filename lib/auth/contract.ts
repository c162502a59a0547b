/** The operation about the key in use. */
import * as z from "zod";
import { scopeSchema } from "../base/scope.ts";
import { clientIdField } from "../http/fields.ts";
import { operation } from "../http/operation.ts";

export const getOwnKey = operation({
  method: "GET",
  path: "/v1/key",
  function: "analytics",
  summary: "Get the key in use: its client and its scopes",
  description: "Any valid key can ask, so this tells whether a key works before anything else is tried.",
  scopes: ["ingest", "read", "audit"],
  query: z.strictObject({}),
  responses: {
    200: z
      .object({
        client_id: clientIdField,
        key_id: z.string(),
        prefix: z.string().meta({ description: "The part of the key that may be shown." }),
        scopes: z.array(scopeSchema),
      })
      .meta({ id: "OwnKey" }),
  },
});
