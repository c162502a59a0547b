/** The text of a page without its markup, for titles, descriptions and the search. */
import type { Token } from "markdown-it";

export interface TextSection {
  /** Of the heading; empty for the first one. */
  anchor: string;
  heading: string;
  text: string;
}

/** Text of an inline token. */
export function plainText(token: Token | undefined): string {
  const parts = (token?.children ?? []).map(({ type, content }) =>
    ["softbreak", "hardbreak"].includes(type) ? " " : type === "html_inline" ? "" : content,
  );
  return parts.join("").trim();
}

/** The text under each heading, with code and tables. */
export function textSections(tokens: readonly Token[]): TextSection[] {
  const sections: TextSection[] = [];
  for (const [index, token] of tokens.entries()) {
    const last = sections.at(-1);
    if (token.type === "heading_open") {
      const heading = plainText(tokens[index + 1]);
      sections.push({
        anchor: token.tag === "h1" ? "" : String(token.attrGet("id") ?? ""),
        heading,
        text: "",
      });
    } else if (last && tokens[index - 1]?.type !== "heading_open") {
      const text = textOf(token);
      if (text !== "") last.text += `${text}\n`;
    }
  }
  return sections;
}

function textOf(token: Token): string {
  if (token.type === "inline") return plainText(token);
  if (token.type === "fence" || token.type === "code_block") return token.content.trim();
  return "";
}
