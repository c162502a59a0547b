import * as z from "zod";
import { admin, bodyProblems, countField, textParam, timeField, timeParam } from "../http/fields.ts";
import { operation } from "../http/operation.ts";

export const SUBJECTS = ["address", "user_agent", "client", "request_id"] as const;

export const auditErasureSchema = z
  .strictObject({
    address: textParam(100).optional().meta({
      description: "The address that called, as the audit log has it.",
      example: "192.0.2.1",
    }),
    user_agent: textParam(1000).optional().meta({ description: "The user agent, exactly." }),
    client: textParam(32).optional().meta({ description: "Only calls with this client's keys." }),
    request_id: z.guid().optional().meta({ description: "This call alone." }),
    start: timeParam.optional().meta({ description: "Calls at or after this time." }),
    end: timeParam.optional().meta({ description: "Calls before this time." }),
  })
  .refine((given) => SUBJECTS.some((name) => given[name] !== undefined), {
    message: "one of address, user_agent, client and request_id is needed",
  })
  .meta({ anyOf: SUBJECTS.map((name) => ({ required: [name] })) });

export const auditErasedSchema = z
  .object({
    erased: countField.meta({ description: "Calls whose address and user agent went." }),
    complete: z.boolean().meta({
      description:
        "Whether none is left of the calls received before this one. If not, the time was up, or some were still in the queue: call again.",
    }),
    next_start: timeField.nullable().meta({
      description: "Where the time was up: `start` of the call that goes on from there.",
    }),
  })
  .meta({ id: "AuditErased" });

export const eraseAudit = operation({
  ...admin,
  method: "POST",
  path: "/v1/audit/erasures",
  summary: "Erase who made which calls",
  description:
    "Erases address and user agent of the calls that meet all criteria. The calls themselves stay in the audit log, whose seals and checkpoints are those of before and still verify. This call is recorded too, with its own address, and without the one to be erased.",
  query: z.strictObject({}),
  body: auditErasureSchema,
  responses: { 200: auditErasedSchema },
  problems: bodyProblems,
});
