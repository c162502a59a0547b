/** The Content-Security-Policy of pages. https://www.w3.org/TR/CSP3/ */

const DIRECTIVES: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' data:",
  "font-src": "'self'",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};

/**
 * Allows what the same server sends, and nothing inline.
 * @param changes directives that a page needs otherwise, with the reason beside them
 */
export const policy = (changes: Readonly<Record<string, string>> = {}): string =>
  Object.entries({ ...DIRECTIVES, ...changes })
    .map((directive) => directive.join(" "))
    .join("; ");
