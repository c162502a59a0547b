/** The built documentation, as its tests read it. */
import { build } from "../../../web/docs/build.ts";
import type { SiteFile } from "../../../web/site-file.ts";

export interface BuiltPage extends SiteFile {
  body: string;
  policy: string;
}

/** Builds the site once for a test file. */
export async function builtSite() {
  const files = await build();
  const pages = files.filter((file): file is BuiltPage => file.type.startsWith("text/html"));
  return { files, pages, byPath: new Map(files.map((file) => [file.path, file])) };
}

/** All matches of the pattern's first group. */
export const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, group = ""]) => group);

/** The ids of a page. */
export const idsOf = (html: string): string[] => matches(html, /\sid="([^"]*)"/g);

/** A page's text under `main`. */
export const mainOf = (html: string): string => html.slice(html.indexOf("<main"), html.indexOf("</main>"));
