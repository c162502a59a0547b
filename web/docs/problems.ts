/** The pages of the problem types, and the page that lists them. */

import { type ProblemCode, problemTypes } from "../../lib/http/problem.ts";
import { problemPage } from "../../lib/http/problem-pages.ts";
import { PROBLEMS_PAGE } from "./contents.ts";

interface MarkdownPage {
  path: string;
  /** Where it would be in the repository, from where its links lead. */
  file: string;
  markdown: string;
}

const CODES = Object.keys(problemTypes) as ProblemCode[];

/** One page for each problem type, under the path to which `type` leads. */
export const problemPages = (): MarkdownPage[] =>
  CODES.map((code) => ({
    path: `/docs/errors/${code}`,
    file: `docs/errors/${code}.md`,
    markdown: problemPage(code),
  }));

/** All problem types in two tables, by their status. */
export function problemOverview(): MarkdownPage {
  const row = (first: string, code: ProblemCode): string =>
    `| ${first}[\`${code}\`](/docs/errors/${code}) | ${problemTypes[code].title} |`;
  const byStatus = CODES.filter((code) => !problemTypes[code].item).sort(
    (a, b) => problemTypes[a].status - problemTypes[b].status,
  );
  const markdown = `# Problem types

Every error response is a problem document (RFC 9457). Its \`code\` is one of these, and its \`type\` is the URL of the page that says what happened, what to do, and whether to retry.

## Of a request

| status | code | what happened |
|---|---|---|
${byStatus.map((code) => row(`${problemTypes[code].status} | `, code)).join("\n")}

## Of one event in a request

These are in \`errors\` of a 202 or 422 response. The other events of the request are not affected.

| code | what happened |
|---|---|
${CODES.filter((code) => problemTypes[code].item)
  .map((code) => row("", code))
  .join("\n")}
`;
  return { path: PROBLEMS_PAGE, file: "docs/problems.md", markdown };
}
