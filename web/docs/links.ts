/** Links between Markdown files become links between pages. */
import { posix } from "node:path";
import type { MarkdownIt, StateCore, Token } from "markdown-it";
import { PROBLEMS_PAGE } from "./contents.ts";

/** Pages by the path of their file in the repository. */
export type Paths = ReadonlyMap<string, string>;

export interface LinkEnvironment {
  /** The file that is rendered. */
  file: string;
}

const PROBLEM = /^docs\/errors\/([a-z-]+)\.md$/;

/**
 * Rewrites the links of a file. A link to a file that has no page is replaced by its text, and its path in the repository.
 * @param paths of the files that have a page
 */
export function pageLinks(markdown: MarkdownIt, paths: Paths): void {
  markdown.core.ruler.push("page-links", (state: StateCore) => {
    const { file } = state.env as unknown as LinkEnvironment;
    for (const block of state.tokens)
      if (block.children) block.children = rewritten(block.children, file, paths, state);
  });
}

function rewritten(tokens: readonly Token[], file: string, paths: Paths, state: StateCore): Token[] {
  const result: Token[] = [];
  /** Path of the file without a page whose link is open, and what follows its text. */
  let open: { path: string; text: string } | undefined;
  for (const token of tokens) {
    if (token.type === "link_open") {
      const target = targetOf(String(token.attrGet("href") ?? ""), file, paths);
      if (target.href === undefined) open = { path: target.path, text: "" };
      else {
        token.attrSet("href", target.href);
        result.push(token);
      }
    } else if (token.type === "link_close" && open) {
      if (open.text !== open.path) result.push(...pathText(open.path, state));
      open = undefined;
    } else {
      if (open) open.text += token.content;
      result.push(token);
    }
  }
  return result;
}

/** ` (path)` in code. */
function pathText(path: string, { Token: TokenClass }: StateCore): Token[] {
  const text = (content: string): Token => Object.assign(new TokenClass("text", "", 0), { content });
  return [text(" ("), Object.assign(new TokenClass("code_inline", "code", 0), { content: path }), text(")")];
}

type Target = { href: string } | { href?: undefined; path: string };

/** Where a link of a file leads on the site. */
export function targetOf(href: string, file: string, paths: Paths): Target {
  if (/^(?:[a-z][a-z+.-]*:|\/|#)/i.test(href)) return { href };
  const [name = "", fragment] = href.split("#");
  const path = posix.normalize(posix.join(posix.dirname(file), decodeURI(name)));
  const page = pageOf(path, paths);
  if (page === undefined) return { path };
  return { href: fragment === undefined ? page : `${page}#${fragment}` };
}

function pageOf(path: string, paths: Paths): string | undefined {
  const code = PROBLEM.exec(path)?.[1];
  if (code !== undefined) return `/docs/errors/${code}`;
  if (path === "README.md") return "/docs";
  if (path === "docs/errors/" || path === "docs/errors") return PROBLEMS_PAGE;
  return paths.get(path);
}
