/** The API reference, which Scalar makes in the browser from the server's own OpenAPI document. */

export const REFERENCE_TITLE = "API reference";
export const REFERENCE_SUMMARY =
  "Every call of the Weir API, its parameters and responses, with requests that can be tried with a key.";

/** Scalar replaces the heading by its own. It looks for an element `api-reference` by itself; ours has another name, since its script gives the settings. */
export const REFERENCE_HTML = `<div id="reference">
<h1 class="visually-hidden">${REFERENCE_TITLE}</h1>
</div>
<noscript><p class="noscript">The API reference needs JavaScript. <a href="/openapi.json">The OpenAPI document</a> says the same.</p></noscript>
`;
