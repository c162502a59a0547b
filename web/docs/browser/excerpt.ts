/** The part of a text in which the search found something. */

const BEFORE = 40;
const LENGTH = 150;

const escaped = (term: string): string => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

const pattern = (terms: readonly string[]): RegExp =>
  new RegExp(
    `(${[...terms]
      .sort((a, b) => b.length - a.length)
      .map(escaped)
      .join("|")})`,
    "giu",
  );

/** Begins a little before the first term. */
export function excerpt(text: string, terms: readonly string[]): string {
  const at = terms.length === 0 ? -1 : text.search(pattern(terms));
  if (at <= BEFORE) return cut(text);
  const start = text.indexOf(" ", at - BEFORE) + 1;
  return `… ${cut(text.slice(start > at ? at : start))}`;
}

const cut = (text: string): string => (text.length > LENGTH ? `${text.slice(0, LENGTH)}…` : text);

/** Splits a text so that each second part, beginning with the second, is one of the terms. */
export const splitAt = (text: string, terms: readonly string[]): string[] =>
  terms.length === 0 ? [text] : text.split(pattern(terms));
