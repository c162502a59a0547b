/** Describes an operation of the API: one description serves routing, validation and the OpenAPI document. */
import type { z } from "zod";
import type { Scope } from "../base/scope.ts";
import type { ProblemCode } from "./problem.ts";

export type FunctionName = "ingest" | "analytics" | "audit" | "health" | "admin" | "web";

export interface Operation {
  method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Parameters are in braces, as in API Gateway and OpenAPI. */
  path: string;
  /** The Lambda function that serves it. */
  function: FunctionName;
  summary: string;
  description?: string;
  /** The caller's key needs one of these; if empty, no key is required. */
  scopes: readonly Scope[];
  /** The key may also be a bearer token in `Authorization`. */
  bearer?: true;
  /** The sender's signature takes the place of a key. */
  signed?: true;
  /** The use case itself checks key, parameters and body, in its only round trip. */
  checkedByUseCase?: true;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** Request headers that a caller may send, for the document; the operation ignores invalid ones. */
  headers?: z.ZodObject;
  body?: z.ZodType;
  /** Numbers of the body keep their digits, since they are compared with numbers of payloads: see `parseExact`. */
  exactNumbers?: true;
  /** Media types of the body, if not application/json alone. */
  bodyTypes?: readonly string[];
  /** Further media types of the body, with their schemas. */
  bodySchemas?: Readonly<Record<string, z.ZodType>>;
  /** Schemas by status; null if the response has no body. */
  responses: Readonly<Record<number, z.ZodType | null>>;
  /** Media type of these responses, or several to choose from, if not application/json. */
  responseType?: string | readonly string[];
  /** Media types of errors, with their schemas, if they are not only problem documents. */
  errorSchemas?: Readonly<Record<string, z.ZodType>>;
  /** The response is a piece of a file. */
  download?: boolean;
  /** Pages of other origins may call it. */
  cors?: true;
  /** Codes in addition to those that any operation can return. */
  problems?: readonly ProblemCode[];
}

/** Preserves an operation's literal types. */
export const operation = <const O extends Operation>(description: O): O => description;

type Output<S, Fallback> = S extends z.ZodType ? z.output<S> : Fallback;
type Empty = Record<never, never>;

export type ParamsOf<O extends Operation> = Output<O["params"], Empty>;
export type QueryOf<O extends Operation> = Output<O["query"], Empty>;
export type BodyOf<O extends Operation> = Output<O["body"], undefined>;
