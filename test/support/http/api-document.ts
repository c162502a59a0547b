/** Puts the responses that operations share in the place of the references to them. */
export function resolveResponses<Document extends object>(document: Document): Document {
  const { paths, components } = document as unknown as {
    paths: Record<string, Record<string, { responses: Record<string, object> }>>;
    components: { responses: Record<string, object> };
  };
  for (const { responses } of Object.values(paths).flatMap((methods) => Object.values(methods)))
    for (const [status, response] of Object.entries(responses))
      if ("$ref" in response) {
        const shared = components.responses[String(response.$ref).split("/").at(-1) ?? ""];
        if (shared === undefined) throw new Error(`The document has no ${response.$ref}.`);
        responses[status] = shared;
      }
  return document;
}
