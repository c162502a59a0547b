/** The index of the search: one document for each section of a page, so that a result leads to the right place. */
import MiniSearch from "minisearch";
import { type Found, SEARCH_OPTIONS } from "./browser/search-options.ts";
import type { TextSection } from "./text.ts";

interface SearchedPage {
  path: string;
  title: string;
  sections: readonly TextSection[];
}

/** @returns the index as JSON, which the page's script loads */
export function searchIndex(pages: readonly SearchedPage[]): string {
  const index = new MiniSearch<Found>(SEARCH_OPTIONS);
  for (const { path, title, sections } of pages)
    index.addAll(
      sections.map(({ anchor, heading, text }) => ({
        id: anchor === "" ? path : `${path}#${anchor}`,
        title: anchor === "" ? title : heading,
        page: anchor === "" ? "" : title,
        text: text.replace(/\s+/g, " ").trim(),
      })),
    );
  return JSON.stringify(index);
}
