import * as z from "zod";
import { admin, bodyProblems, countField, textParam, timeField, timeParam } from "../http/fields.ts";
import { operation } from "../http/operation.ts";

export const SUBJECTS = ["address", "user_agent", "client", "request_id"] as const;

export const auditErasureSchema = z
  .strictObject({
    address: textParam(100).optional().meta({
      description: "The caller's address, as in the audit log.",
      example: "192.0.2.1",
    }),
    user_agent: textParam(1000).optional().meta({ description: "The exact user agent." }),
    client: textParam(32).optional().meta({ description: "Only calls with this client's keys." }),
    request_id: z.guid().optional().meta({ description: "Only this call." }),
    start: timeParam.optional().meta({ description: "Calls at or after this time." }),
    end: timeParam.optional().meta({ description: "Calls before this time." }),
  })
  .refine((given) => SUBJECTS.some((name) => given[name] !== undefined), {
    message: "requires one of address, user_agent, client and request_id",
  })
  .meta({ anyOf: SUBJECTS.map((name) => ({ required: [name] })) });

export const auditErasedSchema = z
  .object({
    erased: countField.meta({ description: "Calls whose address and user agent were erased." }),
    complete: z.boolean().meta({
      description:
        "True if all matching calls received before this one are erased. If false, the time was up, or some calls were still in the queue: call again.",
    }),
    next_start: timeField.nullable().meta({
      description: "If the time was up: use it as `start` of the next call, which continues from there.",
    }),
  })
  .meta({ id: "AuditErased" });

export const eraseAudit = operation({
  ...admin,
  method: "POST",
  path: "/v1/audit/erasures",
  summary: "Erase the address and user agent of calls",
  description:
    "Erases the address and user agent of the calls that match all criteria. The calls themselves stay in the audit log; its seals and checkpoints do not change and still verify. This call is recorded too, with its own address, but without the address to erase.",
  query: z.strictObject({}),
  body: auditErasureSchema,
  responses: { 200: auditErasedSchema },
  problems: bodyProblems,
});
