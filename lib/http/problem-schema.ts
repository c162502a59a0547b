import * as z from "zod";
import { type ProblemCode, problemTypes } from "./problem.ts";

const codes = Object.keys(problemTypes) as [ProblemCode, ...ProblemCode[]];

export const faultSchema = z
  .object({
    index: z.int().optional(),
    event_id: z.string().nullable().optional(),
    code: z.enum(codes).optional(),
    parameter: z.string().optional(),
    pointer: z.string().optional().meta({ description: "JSON Pointer (RFC 6901) to the faulty member." }),
    detail: z.string(),
    retryable: z.boolean().optional(),
  })
  .meta({ id: "Fault" });

export const problemSchema = z
  .object({
    type: z.string().meta({ format: "uri-reference" }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(codes),
    errors: z.array(faultSchema).optional(),
  })
  .meta({ id: "Problem", description: "Problem details, RFC 9457." });
