/** What a call looks like over HTTP, for people who want to repeat it. It never contains the key. */
import { paths } from "../../../sdk/typescript/src/generated/operations.ts";
import type { OperationId } from "./client.ts";

/** Parameters of any operation. */
export interface AnyParameters {
  path?: Readonly<Record<string, unknown>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
}

/** Method and path of a call, with its query; spaces as `%20`, and what is safe in a query unescaped. */
export function requestLine(
  id: OperationId,
  { path = {}, query = {} }: AnyParameters = {},
): [string, string] {
  const [method, template] = paths[id];
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const search = Object.entries(query)
    .flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const))
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${readable(encodeURIComponent(String(value)))}`)
    .join("&");
  return [method, search === "" ? filled : `${filled}?${search}`];
}

/** Unescapes what has no meaning in a query (RFC 3986, section 3.4) nor in a shell between apostrophes. */
const readable = (text: string): string =>
  text.replace(/%(?:3A|2F|2C|3F|40)/g, (escaped) => decodeURIComponent(escaped));

/** The call as an HTTP request. @param origin of the API, such as `https://weir.example` */
export function httpText(id: OperationId, parameters: AnyParameters, origin: string): string {
  const [method, target] = requestLine(id, parameters);
  const head = `${method} ${target} HTTP/1.1\nHost: ${new URL(origin).host}\nX-API-Key: $KEY`;
  if (parameters.body === undefined) return head;
  return `${head}\nContent-Type: application/json\n\n${JSON.stringify(parameters.body, null, 2)}`;
}

/** The call as a `curl` command, with the key in the variable KEY of the shell. */
export function curlText(id: OperationId, parameters: AnyParameters, origin: string): string {
  const [method, target] = requestLine(id, parameters);
  const words = [
    `curl ${method === "GET" ? "" : `-X ${method} `}${quote(origin + target)}`,
    `-H "X-API-Key: $KEY"`,
    ...(parameters.body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `--data ${quote(JSON.stringify(parameters.body))}`]),
  ];
  return words.join(" \\\n  ");
}

/** A word for a POSIX shell. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
