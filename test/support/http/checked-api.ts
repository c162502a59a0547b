/** Calls a running system and checks each answer against the OpenAPI document that it serves. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "vitest";
import { resolveResponses } from "./api-document.ts";

interface ApiDocument {
  paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, DocumentedResponse> }>
  >;
  components: { headers: Record<string, DocumentedHeader> };
}
interface DocumentedHeader {
  required?: boolean;
}
interface DocumentedResponse {
  content?: Record<string, { schema: object }>;
  headers?: Record<string, DocumentedHeader | { $ref: string }>;
}

export interface CallOptions {
  key?: string | undefined;
  /** Text and bytes are sent unchanged, other values as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Checked {
  status: number;
  headers: Headers;
  text: string;
  /** The body as JSON, or null. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any of it; its shape has been checked against the document.
  body: any;
}

/** Every status that every operation has returned, as "operationId status". */
export type Seen = Set<string>;

/** JSON, but not NDJSON. */
const isJson = (type: string): boolean => /[/+]json$/.test(type);

const PUBLIC = "public, max-age=300";
/** Whether caches may keep the answer: it is the same for every caller. Others are a client's or change constantly. */
const isPublic = (path: string, { status }: Checked): boolean =>
  status === 200 && /^\/(?:openapi\.json|docs\/errors\/)/.test(path);

function cachingOf(path: string, checked: Checked): string {
  if (isPublic(path, checked)) return PUBLIC;
  if (checked.status !== 200) return "no-store";
  if (path.startsWith("/assets/")) return "public, max-age=31536000, immutable";
  return /^\/(?:dashboard|docs)/.test(path) ? "no-cache" : "no-store";
}

export async function checkedApi(url: string) {
  const document = resolveResponses((await (await fetch(`${url}/openapi.json`)).json()) as ApiDocument);
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, "api");
  const resolve = (header: DocumentedHeader | { $ref: string }): DocumentedHeader =>
    "$ref" in header ? (document.components.headers[header.$ref.split("/").at(-1) ?? ""] ?? {}) : header;
  const validators = new Map<string, ValidateFunction>();
  const seen: Seen = new Set();

  const check = (template: string, method: string, checked: Checked): void => {
    const operation = document.paths[template]?.[method];
    if (!operation) {
      checkProblem(checked);
      return;
    }
    const { operationId } = operation;
    const described = operation.responses[checked.status];
    expect(
      described,
      `${operationId} answered ${checked.status}, which the document does not have`,
    ).toBeDefined();
    seen.add(`${operationId} ${checked.status}`);
    for (const [name, header] of Object.entries(described?.headers ?? {}))
      if (resolve(header).required)
        expect(checked.headers.has(name), `${operationId} ${checked.status} lacks ${name}`).toBe(true);
    const type = checked.headers.get("content-type")?.split(";")[0] ?? "";
    if (described?.content === undefined) {
      expect(checked.text).toBe("");
      return;
    }
    const types = Object.keys(described.content);
    if (!types.includes("*/*")) expect(types, `${operationId} ${checked.status}`).toContain(type);
    if (!isJson(type)) return;
    const path = ["paths", template, method, "responses", String(checked.status), "content", type, "schema"];
    const pointer = `api#/${path.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")}`;
    const validate = validators.get(pointer) ?? ajv.compile({ $ref: pointer });
    validators.set(pointer, validate);
    expect(
      validate(checked.body),
      `${operationId}: ${ajv.errorsText(validate.errors)}\n${checked.text}`,
    ).toBe(true);
  };

  const checkProblem = (checked: Checked): void => {
    expect(checked.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(checked.body).toMatchObject({
      status: checked.status,
      code: expect.any(String),
      title: expect.any(String),
    });
    expect(checked.body.type).toBe(`/docs/errors/${checked.body.code}`);
  };

  /** The path's template in the document; literal segments take precedence over parameters. */
  const templateOf = (path: string): string => {
    if (path in document.paths) return path;
    const fits = (template: string): boolean =>
      new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(path);
    return Object.keys(document.paths).find(fits) ?? "";
  };

  const call = async (method: string, path: string, options: CallOptions = {}): Promise<Checked> => {
    const { key, body, headers = {} } = options;
    const raw = body === undefined || typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...(key !== undefined && { "x-api-key": key }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: raw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    // serverless-offline adds a content type to a 204 too.
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    const json = text !== "" && isJson(type) ? JSON.parse(text) : null;
    const checked: Checked = { status: response.status, headers: response.headers, text, body: json };
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("cache-control")).toBe(cachingOf(path, checked));
    check(templateOf(path.split("?")[0] ?? ""), method.toLowerCase(), checked);
    return checked;
  };
  return { call, document, seen };
}

export type CheckedApi = Awaited<ReturnType<typeof checkedApi>>;
