/**
 * Cross-origin calls of pages (https://fetch.spec.whatwg.org/#http-cors-protocol). A preflight has no key, so it can't be
 * decided by client: every origin may try, and the call itself is refused unless its key's client allows the origin.
 */
import type { ApiRequest, ApiResponse } from "./gateway.ts";

/**
 * For responses of operations that pages call. Any page may read them, since they have only what its own key is entitled to,
 * and browsers add no cookies or passwords: nothing here allows credentials.
 */
export const CORS_HEADERS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "Retry-After, X-Request-Id, RateLimit, RateLimit-Policy",
};

/**
 * The origin of the page that sent a request, if it is not a page of this server, such as the API's reference. A page can't
 * forge what decides: browsers set `Origin`, `Host` and `Sec-Fetch-Site` themselves. A page can set `X-Forwarded-Host`, so
 * that is ignored. Where a proxy replaces `Host`, `Sec-Fetch-Site` still decides, which browsers send over HTTPS and to
 * localhost only.
 * @returns undefined for a program too, which names no origin
 */
export function foreignOrigin({ headers }: Pick<ApiRequest, "headers">): string | undefined {
  const { origin, host, "sec-fetch-site": site } = headers;
  if (origin === undefined) return undefined;
  const isOwn = site === undefined ? isAt(origin, host) : site === "same-origin";
  return isOwn ? undefined : origin;
}

/** Whether an origin is at this host; a default port may be named. */
function isAt(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: own } = new URL(origin);
  const named = `${protocol}//${host}`;
  return own !== "" && URL.canParse(named) && new URL(named).host === own;
}

/** Seconds that a browser remembers a preflight: the most that Chromium does. */
const MAX_AGE_S = 7_200;
/** A list of header names, as browsers send it. */
const NAMES = /^[\w!#$%&'*+.^`|~-]+(?: *, *[\w!#$%&'*+.^`|~-]+)*$/;

/**
 * The response to a preflight. It allows all requested headers: SDKs add their own, and a header that no operation
 * reads does no harm.
 * @param methods those of the path that pages may call
 * @returns undefined if the request is no preflight, or no page may call the path
 */
export function preflight(
  { method, headers }: Pick<ApiRequest, "method" | "headers">,
  methods: readonly string[],
): ApiResponse | undefined {
  const {
    origin,
    "access-control-request-method": wanted,
    "access-control-request-headers": names,
  } = headers;
  if (method !== "OPTIONS" || origin === undefined || wanted === undefined || methods.length === 0)
    return undefined;
  return {
    status: 204,
    headers: {
      ...CORS_HEADERS,
      "access-control-allow-methods": methods.join(", "),
      ...(names !== undefined && NAMES.test(names) && { "access-control-allow-headers": names }),
      "access-control-max-age": String(MAX_AGE_S),
    },
    body: "",
  };
}
