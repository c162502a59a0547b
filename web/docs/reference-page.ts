/** The API reference, which Scalar makes in the browser from the server's own OpenAPI document. */

export const REFERENCE_TITLE = "API reference";
export const REFERENCE_SUMMARY =
  "Every call of the Weir API, its parameters and responses, with requests that can be tried with a key.";

/** The heading is Scalar's own: the title of the document. */
export const REFERENCE_HTML = `<h1 class="visually-hidden">${REFERENCE_TITLE}</h1>
<div id="api-reference"></div>
<noscript><p class="noscript">The API reference needs JavaScript. <a href="/openapi.json">The OpenAPI document</a> says the same.</p></noscript>
`;
