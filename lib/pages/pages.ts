/** Serves the built pages: the dashboard, the documentation and what they load. */
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ApiRequest, ApiResponse } from "../http/gateway.ts";
import { Problem } from "../http/problem.ts";
import { type Entry, findPages } from "./manifest.ts";

/** Names of files in `/assets/` contain a hash of their content. */
const ASSETS = "/assets/";

const PAGE_HEADERS = {
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
};

type PageRequest = Pick<ApiRequest, "headers">;

/**
 * Answers with a built file, compressed as the caller accepts it, or with 304 if the caller has it.
 * @param folders where the files may be
 * @param path of the URL under which the file was built
 * @throws {Problem} `not-found`
 */
export async function servePage(
  folders: readonly URL[],
  path: string,
  request: PageRequest,
): Promise<ApiResponse> {
  const response = await findPage(folders, path, request);
  if (response) return response;
  const isBuilt = (await findPages(folders)) !== undefined;
  throw new Problem(
    "not-found",
    isBuilt ? "There is no such page." : "The pages have not been built. `npm run build:web` builds them.",
  );
}

/** Like `servePage`. @returns undefined if the file does not exist */
export async function findPage(
  folders: readonly URL[],
  path: string,
  { headers }: PageRequest,
): Promise<ApiResponse | undefined> {
  const pages = await findPages(folders);
  if (!pages || !Object.hasOwn(pages.manifest.entries, path)) return undefined;
  const entry = pages.manifest.entries[path] as Entry;
  const encoding = entry.isCompressed ? encodingFor(headers["accept-encoding"]) : undefined;
  const etag = `"${entry.hash}${encoding === undefined ? "" : `-${encoding}`}"`;
  const common = {
    etag,
    vary: "accept-encoding",
    "cache-control": path.startsWith(ASSETS) ? "public, max-age=31536000, immutable" : "no-cache",
  };
  if (isSame(headers["if-none-match"], etag)) return { status: 304, headers: common, body: "" };
  const body = await read(pages.folder, entry, encoding);
  return {
    status: 200,
    headers: {
      ...common,
      "content-type": entry.type,
      ...(encoding !== undefined && { "content-encoding": encoding }),
      ...(entry.policy !== undefined && { ...PAGE_HEADERS, "content-security-policy": entry.policy }),
    },
    body: body.toString("base64"),
    bodyIsBase64: true,
  };
}

/** True for browsers, which name HTML as what they accept. */
export const prefersHtml = ({ headers }: PageRequest): boolean =>
  headers.accept?.includes("text/html") ?? false;

type Encoding = "br" | "gzip";

/** The smallest that the caller accepts: browsers list what they accept, and use a weight only to refuse. */
function encodingFor(accepted = ""): Encoding | undefined {
  const names = accepted
    .toLowerCase()
    .split(",")
    .map((part) => part.trim())
    .filter((part) => !/;\s*q=0(?:\.0*)?$/.test(part))
    .map((part) => part.split(";")[0]?.trim());
  return (["br", "gzip"] as const).find((name) => names.includes(name));
}

const isSame = (known: string | undefined, etag: string): boolean =>
  known?.split(",").some((one) => one.trim().replace(/^W\//, "") === etag) ?? false;

const unzip = promisify(gunzip);

async function read(
  folder: URL,
  { file, isCompressed }: Entry,
  encoding: Encoding | undefined,
): Promise<Buffer> {
  if (!isCompressed) return readFile(new URL(file, folder));
  if (encoding === "br") return readFile(new URL(`${file}.br`, folder));
  const zipped = await readFile(new URL(`${file}.gz`, folder));
  return encoding === "gzip" ? zipped : unzip(zipped);
}
