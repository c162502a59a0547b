/** How the index is made and searched: the same when it is built and in the browser. */
import type { Options } from "minisearch";

/** A section of a page. */
export interface Found {
  /** Its URL. */
  id: string;
  /** The heading of the section, or the title of the page for its beginning. */
  title: string;
  /** The title of the page; empty for its beginning. */
  page: string;
  text: string;
}

/** Words without marks at their ends; `event_id` and `rate-limited` are found as a whole and by their parts. */
function words(text: string): string[] {
  const whole = text.split(/[^\p{L}\p{N}_\-.]+/u).map((word) => word.replace(/^[-_.]+|[-_.]+$/g, ""));
  return whole.flatMap((word) => {
    const parts = word.split(/[-_.]/);
    return parts.length > 1 ? [word, ...parts] : [word];
  });
}

export const SEARCH_OPTIONS: Options<Found> = {
  fields: ["title", "page", "text"],
  storeFields: ["title", "page", "text"],
  tokenize: words,
  searchOptions: {
    boost: { title: 5, page: 2 },
    boostDocument: (_id, _term, stored) => (stored?.page === "" ? 1.5 : 1),
    prefix: true,
    fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    combineWith: "AND",
  },
};
