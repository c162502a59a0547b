/** How Markdown becomes HTML. */
import { describe, expect, it } from "vitest";
import { createHighlight } from "../../../web/docs/highlight.ts";
import { createRender } from "../../../web/docs/markdown.ts";

const render = createRender(
  new Map([
    ["docs/audit.md", "/docs/audit"],
    ["docs/guides/audit.md", "/docs/guide-audit"],
  ]),
  await createHighlight(),
);
const html = (source: string, file = "docs/guides/sending.md"): string => render(source, file).html;

describe("a link", () => {
  it("to a file with a page leads to the page, with its anchor", () => {
    expect(html("[a](../audit.md#one-entry)")).toContain('<a href="/docs/audit#one-entry">a</a>');
    expect(html("[a](audit.md)")).toContain('<a href="/docs/guide-audit">a</a>');
    expect(html("[a](errors/rate-limited.md)", "docs/queries.md")).toContain(
      'href="/docs/errors/rate-limited"',
    );
    expect(html("[a](docs/errors/)", "README.md")).toContain('href="/docs/problems"');
    expect(html("[a](../../README.md)")).toContain('href="/docs"');
  });

  it("to a file without a page becomes text with the file's path", () => {
    expect(html("see [the list](../../lib/config/local.ts), please")).toBe(
      "<p>see the list (<code>lib/config/local.ts</code>), please</p>\n",
    );
  });

  it("to a file without a page names the path once", () => {
    expect(html("[lib/http](../../lib/http)")).toBe("<p>lib/http</p>\n");
  });

  it("to another site, to the server or within the page stays", () => {
    for (const href of ["https://example.org/a.md", "/openapi.json", "#there", "mailto:a@example.org"])
      expect(html(`[a](${href})`)).toContain(`href="${href}"`);
  });
});

describe("headings", () => {
  it("have GitHub's anchors", () => {
    const { headings, title } = render(
      "# Title\n\n## Erasing a person\n\n### `as_of` & C++\n\n## Erasing a person",
      "docs/x.md",
    );
    expect(title).toBe("Title");
    expect(headings.map(({ anchor }) => anchor)).toEqual([
      "erasing-a-person",
      "as_of--c",
      "erasing-a-person-1",
    ]);
  });
});

describe("code", () => {
  const three = "```sh\ncurl x\n```\n\n```ts\nconst a = 1;\n```\n\n```python\na = 1\n```\n";

  it("in several languages becomes tabs, each complete without a script", () => {
    const tabs = html(three);
    expect([...tabs.matchAll(/class="tab-title">([^<]+)/g)].map(([, title]) => title)).toEqual([
      "curl",
      "TypeScript",
      "Python",
    ]);
    expect(tabs).not.toContain("hidden");
  });

  it("in one language, or apart from each other, does not", () => {
    expect(html("```sh\na\n```\n")).not.toContain("tabs");
    expect(html("```sh\na\n```\n\nText\n\n```ts\nb\n```\n")).not.toContain("tabs");
    expect(html("```sh\na\n```\n\n```sh\nb\n```\n")).not.toContain("tabs");
  });

  it("has classes for its colours, and keeps every character", () => {
    const code = 'const a = "<b>&amp;";\n\n// end';
    const block = html(`\`\`\`ts\n${code}\n\`\`\``);
    expect(block).toContain('<span class="token-keyword">');
    expect(block).not.toContain("style=");
    const text = block
      .replace(/<[^>]+>/g, "")
      .replace(/&lt;/g, "<")
      .replace(/&gt;/g, ">")
      .replace(/&quot;/g, '"')
      .replace(/&amp;/g, "&");
    expect(text.trim()).toBe(code);
  });

  it("in an unknown language is escaped", () => {
    expect(html("```brainfuck\n<script>\n```")).toContain("&lt;script&gt;");
  });
});

it("shows GitHub's alerts", () => {
  expect(html("> [!WARNING]\n> Never do this.")).toMatch(/markdown-alert-warning.*Never do this/s);
});

it("leaves out comments", () => {
  expect(html("<!-- example: send -->\n\nText\n\n<!-- end -->\n")).toBe("<p>Text</p>\n");
});

it("takes the first paragraph as the summary", () => {
  expect(render("# A\n\nOne `two`\n[three](audit.md).\n\nFour.", "docs/x.md").summary).toBe("One two three.");
});
