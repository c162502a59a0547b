/** Renders Markdown as GitHub does: tables, alerts, anchors on headings. */
import { slug } from "github-slugger";
import createMarkdown, { type MarkdownIt, type Token } from "markdown-it";
import anchor from "markdown-it-anchor";
import alerts from "markdown-it-github-alerts";
import { codeBlocks } from "./code-blocks.ts";
import type { Highlight } from "./highlight.ts";
import { type LinkEnvironment, type Paths, pageLinks } from "./links.ts";
import type { Pictures } from "./pictures.ts";
import { plainText, type TextSection, textSections } from "./text.ts";

export interface Heading {
  level: number;
  anchor: string;
  text: string;
}

export interface Rendered {
  title: string;
  /** The first paragraph, as text. */
  summary: string;
  html: string;
  /** Of the levels 2 and 3. */
  headings: Heading[];
  /** The text under each heading, for the search. */
  sections: TextSection[];
}

export type Render = (markdown: string, file: string) => Rendered;

/** @param paths of the files that have a page */
export function createRender(paths: Paths, highlight: Highlight, pictures?: Pictures): Render {
  const markdown = createMarkdown({ html: true })
    .use(alerts, { icons: {} })
    .use(anchor, { slugify: slug, permalink: permalink(), level: [2, 3, 4] });
  pageLinks(markdown, paths);
  pictures?.use(markdown);
  codeBlocks(markdown, highlight);
  tables(markdown);
  withoutComments(markdown);
  return (source, file) => {
    const environment = { file } satisfies LinkEnvironment;
    const tokens = markdown.parse(source, environment);
    return {
      ...outline(tokens),
      html: markdown.renderer.render(tokens, markdown.options, environment),
    };
  };
}

/** A link beside the heading, so that the heading's own text is what a screen reader reads. */
const permalink = () =>
  anchor.permalink.linkAfterHeader({
    style: "visually-hidden",
    assistiveText: (title) => `Link to “${title}”`,
    visuallyHiddenClass: "visually-hidden",
    class: "anchor",
    wrapper: ['<div class="heading">', "</div>"],
  });

/** Wide tables scroll by themselves, also by keyboard. */
function tables(markdown: MarkdownIt): void {
  markdown.renderer.rules.table_open = () => '<div class="table" tabindex="0">\n<table>\n';
  markdown.renderer.rules.table_close = () => "</table>\n</div>\n";
}

/** Comments are for those who edit the files. */
function withoutComments(markdown: MarkdownIt): void {
  const { html_block: render } = markdown.renderer.rules;
  markdown.renderer.rules.html_block = (tokens, index, ...rest) =>
    render?.(tokens, index, ...rest).replace(/<!--.*?-->\n?/gs, "") ?? "";
}

/** What the page says, apart from its HTML. */
function outline(tokens: readonly Token[]): Omit<Rendered, "html"> {
  const sections = textSections(tokens);
  return {
    title: sections[0]?.heading ?? "",
    summary: summaryOf(tokens),
    headings: tokens.flatMap((token, index): Heading[] => {
      const level = token.type === "heading_open" ? Number(token.tag.slice(1)) : 0;
      if (level !== 2 && level !== 3) return [];
      return [{ level, anchor: String(token.attrGet("id") ?? ""), text: plainText(tokens[index + 1]) }];
    }),
    sections,
  };
}

/** A paragraph that leads to a block of code ends before that sentence. */
const endingInSentence = (text: string): string =>
  text.endsWith(":") ? text.replace(/(\.) [^.]*:$|:$/, "$1").replace(/([^.])$/, "$1.") : text;

function summaryOf(tokens: readonly Token[]): string {
  const start = tokens.findIndex(({ type, level }) => type === "paragraph_open" && level === 0);
  return endingInSentence(plainText(tokens[start + 1]).replace(/\s+/g, " "));
}
