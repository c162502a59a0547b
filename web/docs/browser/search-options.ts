/** How the index is made and searched: the same when it is built and in the browser. */
import type { Options } from "minisearch";

/** A section of a page. */
export interface Found {
  /** Its URL. */
  id: string;
  /** Of the page. */
  title: string;
  /** Of the section; empty for the beginning of a page. */
  heading: string;
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
  fields: ["title", "heading", "text"],
  storeFields: ["title", "heading", "text"],
  tokenize: words,
  searchOptions: {
    boost: { title: 4, heading: 3 },
    prefix: true,
    fuzzy: (term) => (term.length > 4 ? 0.2 : false),
    combineWith: "AND",
  },
};
