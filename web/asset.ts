/** Files under `/assets/`, which browsers keep for ever: their names contain a hash of their content. */
import { createHash } from "node:crypto";
import { extname } from "node:path";
import type { SiteFile } from "./site-file.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

/** A file named after its content. */
export function asset(name: string, body: string | Uint8Array): SiteFile {
  const extension = extname(name);
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
  return named(`${name.slice(0, -extension.length)}-${hash}${extension}`, body);
}

/** A file whose name contains a hash already, as esbuild gives them. */
export const named = (name: string, body: string | Uint8Array): SiteFile => ({
  path: `/assets/${name}`,
  type: TYPES[extname(name)] ?? "application/octet-stream",
  body,
});
