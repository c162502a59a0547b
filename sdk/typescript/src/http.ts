import { WeirError } from "./errors.ts";

export interface ConnectionOptions {
  /** Base URL of the API, without `/v1`. */
  url: string;
  /** API key. In a browser everybody can read it: use one that has only the scope `ingest`. */
  key?: string;
  /** Replaces the global `fetch`. */
  fetch?: typeof globalThis.fetch;
}

export interface Call {
  method: string;
  /** With its query. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
  keepalive?: boolean;
}

/**
 * @returns a function that calls the API; it rejects only as `fetch` does
 * @throws {TypeError} if `url` is not an absolute http or https URL, or the key no value of a header
 */
export function connection({ url, key, fetch = globalThis.fetch }: ConnectionOptions) {
  if (!/^https?:$/.test(new URL(url).protocol)) throw new TypeError(`Not an http or https URL: ${url}`);
  // Here rather than at each call, where it would look like a failure of the network.
  new Headers({ "x-api-key": key ?? "" });
  const base = url.replace(/\/+$/, "");
  return ({ path, headers, ...init }: Call): Promise<Response> =>
    // Called as a plain function: browsers refuse `fetch` as a method of another object. A redirected POST would
    // become a GET.
    fetch(`${base}${path}`, {
      ...init,
      headers: { ...(key !== undefined && { "x-api-key": key }), ...headers },
      redirect: "manual",
    });
}

/** The error that a response describes; reads its body. */
export async function toError(response: Response): Promise<WeirError> {
  const facts = {
    status: response.status,
    requestId: response.headers.get("x-request-id") ?? undefined,
    retryAfterMs: parseRetryAfter(response.headers.get("retry-after"), Date.now()),
  };
  return new WeirError(facts, parseJson(await response.text()));
}

/** @returns the text itself if it is not JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** @param value seconds or an HTTP date @returns milliseconds from `now`; undefined if it is neither */
export function parseRetryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
