/** Colours code at build time. Tokens get classes, since the pages' policy allows no inline styles. */
import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

export type Highlight = (code: string, language: string) => string;

const PREFIX = "--code-";
const theme = createCssVariablesTheme({ name: "classes", variablePrefix: PREFIX });

/** Names of a language in Markdown, and the grammar for each. */
const GRAMMARS: Readonly<Record<string, string>> = {
  sh: "bash",
  bash: "bash",
  shell: "bash",
  console: "shellsession",
  ts: "typescript",
  typescript: "typescript",
  js: "javascript",
  javascript: "javascript",
  py: "python",
  python: "python",
  json: "json",
  http: "http",
  sql: "sql",
  yaml: "yaml",
};

let shared: Promise<HighlighterCore> | undefined;

/** @returns a function that turns code into HTML; it escapes code in other languages and leaves it without colours */
export async function createHighlight(): Promise<Highlight> {
  shared ??= createHighlighterCore({
    themes: [theme],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
    langs: [
      import("shiki/langs/bash.mjs"),
      import("shiki/langs/shellsession.mjs"),
      import("shiki/langs/typescript.mjs"),
      import("shiki/langs/javascript.mjs"),
      import("shiki/langs/python.mjs"),
      import("shiki/langs/json.mjs"),
      import("shiki/langs/http.mjs"),
      import("shiki/langs/sql.mjs"),
      import("shiki/langs/yaml.mjs"),
    ],
  });
  const highlighter = await shared;
  return (code, language) => {
    const grammar = GRAMMARS[language];
    if (grammar === undefined) return escapeHtml(code);
    const lines = highlighter.codeToTokensBase(code, { lang: grammar, theme: "classes" });
    return lines
      .map((tokens) => tokens.map(({ content, color }) => span(content, color)).join(""))
      .join("\n");
  };
}

/** `var(--code-token-string)` becomes the class `token-string`. */
function span(content: string, color = ""): string {
  const name = color.slice(`var(${PREFIX}`.length, -1);
  const html = escapeHtml(content);
  return name.startsWith("token-") && content.trim() !== "" ? `<span class="${name}">${html}</span>` : html;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** For text and attributes in double quotes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (one) => ENTITIES[one] ?? one);
