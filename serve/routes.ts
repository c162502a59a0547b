/** Finds a request's route among the contract's operations, as API Gateway does. */
import { unescape as decodeLeniently } from "node:querystring";
import type { FunctionName, Operation } from "../lib/http/operation.ts";

export interface Match {
  /** `GET /v1/events/{event_id}`, or `$default` if no route matches. */
  key: string;
  function: FunctionName;
  /** Decoded path parameters; what is not percent-encoded UTF-8 becomes U+FFFD. Absent if the route has none. */
  params?: Record<string, string>;
}

interface Template {
  key: string;
  function: FunctionName;
  names: string[];
  pattern: RegExp;
}

/** The function that answers what matches no route. */
const DEFAULT: Match = { key: "$default", function: "web" };

/** A route without parameters precedes one with them, as in API Gateway. */
export function router(operations: readonly Operation[]): (method: string, path: string) => Match {
  const fixed = new Map<string, Match>();
  const templates = new Map<string, Template[]>();
  for (const { method, path, function: name } of operations) {
    const key = `${method} ${path}`;
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = ""]) => parameter);
    if (names.length === 0) {
      fixed.set(key, { key, function: name });
      continue;
    }
    const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "([^/]+)")}$`);
    templates.set(method, [...(templates.get(method) ?? []), { key, function: name, names, pattern }]);
  }
  return (method, path) => {
    const match = fixed.get(`${method} ${path}`);
    if (match) return match;
    for (const template of templates.get(method) ?? []) {
      const values = template.pattern.exec(path);
      if (values === null) continue;
      const params = Object.fromEntries(
        template.names.map((name, index) => [name, decode(values[index + 1] ?? "")]),
      );
      return { key: template.key, function: template.function, params };
    }
    return DEFAULT;
  };
}

/** A function refuses a parameter with U+FFFD, so a % that begins no escape must not be taken for text. */
const decode = (text: string): string => decodeLeniently(text.replaceAll(/%(?![0-9a-f]{2})/gi, "%EF%BF%BD"));
