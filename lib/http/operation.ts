/** How the API's calls are described: one description serves routing, checking and the OpenAPI document. */
import type { z } from "zod";
import type { Scope } from "../base/scope.ts";
import type { ProblemCode } from "./problem.ts";

export type FunctionName = "ingest" | "analytics" | "audit" | "health" | "admin" | "web";

export interface Operation {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** With parameters in braces, as API Gateway and OpenAPI both write them. */
  path: string;
  /** The Lambda function that serves it. */
  function: FunctionName;
  summary: string;
  description?: string;
  /** The caller's key needs one of these; none means that no key is asked for. */
  scopes: readonly Scope[];
  /** The use case itself checks key, parameters and body, in the one round trip that it makes. */
  checkedByUseCase?: true;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Numbers of the body keep their digits, since they are compared with those of payloads: see `parseExact`. */
  exactNumbers?: true;
  /** Media types of the body, where it is not application/json alone. */
  bodyTypes?: readonly string[];
  /** By status; null where the answer has no body. */
  responses: Readonly<Record<number, z.ZodType | null>>;
  /** Media type of the answers above, or several to choose from, where it is not application/json. */
  responseType?: string | readonly string[];
  /** The answer is a piece of a file. */
  download?: boolean;
  /** Codes beside those that any call can answer. */
  problems?: readonly ProblemCode[];
}

/** Keeps an operation's own types. */
export const operation = <const O extends Operation>(description: O): O => description;

type Output<S, Fallback> = S extends z.ZodType ? z.output<S> : Fallback;
type Empty = Record<never, never>;

export type ParamsOf<O extends Operation> = Output<O["params"], Empty>;
export type QueryOf<O extends Operation> = Output<O["query"], Empty>;
export type BodyOf<O extends Operation> = Output<O["body"], undefined>;
