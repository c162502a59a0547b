/** Code blocks: with their language, and as tabs where the same is shown in several languages. */
import type { MarkdownIt, StateCore, Token } from "markdown-it";
import { escapeHtml, type Highlight } from "./highlight.ts";

/** The languages of which consecutive blocks become tabs, by their names in Markdown. */
export const TAB_TITLES: Readonly<Record<string, string>> = {
  sh: "curl",
  ts: "TypeScript",
  python: "Python",
};

const languageOf = ({ info }: Token): string => info.trim().split(/\s+/)[0] ?? "";

/** Renders fenced and indented code. */
export function codeBlocks(markdown: MarkdownIt, highlight: Highlight): void {
  const render = (token: Token): string => {
    const language = token.type === "fence" ? languageOf(token) : "";
    const code = highlight(token.content.replace(/\n$/, ""), language);
    const name = language === "" ? "" : ` class="language-${escapeHtml(language)}"`;
    return `<div class="code"><pre tabindex="0"><code${name}>${code}</code></pre></div>\n`;
  };
  const rule = (tokens: readonly Token[], index: number): string => {
    const token = tokens[index];
    return token ? render(token) : "";
  };
  markdown.renderer.rules.fence = rule;
  markdown.renderer.rules.code_block = rule;
  markdown.core.ruler.push("language-tabs", (state: StateCore) => {
    state.tokens = withTabs(state.tokens, state);
  });
}

/** Surrounds two or more consecutive blocks in different languages. Without a script each is shown under its title. */
function withTabs(tokens: readonly Token[], state: StateCore): Token[] {
  const result: Token[] = [];
  let index = 0;
  while (index < tokens.length) {
    const group = tabsAt(tokens, index);
    if (group.length > 1) {
      result.push(html('<div class="tabs">\n', state));
      for (const token of group) {
        const language = languageOf(token);
        const open = `<div class="tab" data-language="${language}"><p class="tab-title">${TAB_TITLES[language]}</p>\n`;
        result.push(html(open, state), token, html("</div>\n", state));
      }
      result.push(html("</div>\n", state));
      index += group.length;
    } else {
      result.push(...tokens.slice(index, index + 1));
      index += 1;
    }
  }
  return result;
}

function tabsAt(tokens: readonly Token[], start: number): Token[] {
  const group: Token[] = [];
  for (const token of tokens.slice(start)) {
    const language = languageOf(token);
    const isTab = token.type === "fence" && Object.hasOwn(TAB_TITLES, language);
    if (!isTab || group.some((one) => languageOf(one) === language)) break;
    group.push(token);
  }
  return group;
}

function html(content: string, { Token: TokenClass }: StateCore): Token {
  return Object.assign(new TokenClass("html_block", "", 0), { content });
}
