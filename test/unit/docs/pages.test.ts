/** Every page of the documentation: complete, valid, linked, and within the policy. */
import { gzipSync } from "node:zlib";
import { HtmlValidate } from "html-validate";
import { describe, expect, it } from "vitest";
import { problemTypes } from "../../../lib/http/problem.ts";
import { builtSite, idsOf, mainOf, matches } from "./site.ts";

const { files, pages, byPath } = await builtSite();
const MOST_BYTES = 60 * 1_024;
const API = "/docs/api";

/** Paths that the API serves beside the site. */
const SERVED = ["/openapi.json", "/dashboard"];

/** The bytes that a page loads before anything is searched, compressed. */
function weightOf(html: string): number {
  const loaded = matches(html, /<(?:script|link)[^>]*\s(?:src|href)="(\/[^"]+)"/g);
  const bodies = [html, ...loaded.map((path) => byPath.get(path)?.body ?? "")];
  return bodies.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
}

it("has a page for the start, the API, the problem types, and each document", () => {
  expect(pages.map(({ path }) => path)).toEqual(
    expect.arrayContaining(
      ["", "/api", "/problems", "/queries", "/audit", "/serve", "/operations", "/sdk", "/architecture"].map(
        (name) => `/docs${name}`,
      ),
    ),
  );
});

it("gives no path out twice", () => {
  expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
});

it("names every asset after its content", () => {
  const assets = files.filter(({ type }) => !type.startsWith("text/html"));
  expect(assets.length).toBeGreaterThan(5);
  for (const { path } of assets) expect(path).toMatch(/^\/assets\/[\w.-]+-\w{8,}\.(?:js|css|json|svg|png)$/);
});

it("has a page for every problem type, with its title", () => {
  for (const [code, { title }] of Object.entries(problemTypes)) {
    const html = String(byPath.get(`/docs/errors/${code}`)?.body);
    expect(html).toContain(`<h1>${title}`);
    expect(byPath.get("/docs/problems")?.body).toContain(`href="/docs/errors/${code}"`);
  }
});

it("is reached by following links from the start page", () => {
  const reached = new Set(["/docs"]);
  for (const path of reached)
    for (const link of matches(String(byPath.get(path)?.body ?? ""), /href="(\/docs[^"#]*)/g))
      reached.add(link);
  expect([...reached].sort()).toEqual(pages.map(({ path }) => path).sort());
});

describe.each(pages.map((page) => [page.path, page] as const))("%s", (path, { body, policy }) => {
  it("has a language, a title, a description and one first heading", () => {
    expect(body).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(matches(body, /<title>([^<]{5,})<\/title>/g)).toHaveLength(1);
    expect(matches(body, /<meta name="description" content="([^"]{10,})">/g)).toHaveLength(1);
    expect(matches(body, /<(h1)[ >]/g)).toHaveLength(1);
  });

  it("has headings in order", () => {
    const levels = matches(mainOf(body), /<h([1-6])[ >]/g).map(Number);
    expect(levels[0]).toBe(1);
    for (const [index, level] of levels.entries())
      expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1);
  });

  it("has no link that leads nowhere", () => {
    const broken = matches(body, /\s(?:href|src)="([^"]*)"/g).filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [target = "", anchor] = link.split("#");
      const page = target === "" ? body : byPath.get(target)?.body;
      if (page === undefined) return !SERVED.includes(target);
      return anchor !== undefined && !idsOf(String(page)).includes(decodeURIComponent(anchor));
    });
    expect(broken).toEqual([]);
  });

  it("has no inline script or style, and loads nothing from elsewhere", () => {
    expect(matches(body, /<(script(?![^>]*\ssrc=)[^>]*)>/g)).toEqual([]);
    expect(matches(body, /<(style)\b/g)).toEqual([]);
    expect(matches(body, /<[^>]*\s(style|on\w+)=/g)).toEqual([]);
    expect(matches(body, /<(?:script|link|img|iframe)[^>]*\s(?:src|href)="(?!\/assets\/)([^"]*)"/g)).toEqual(
      [],
    );
    expect(policy).toContain("script-src 'self';");
    expect(policy.includes("unsafe-inline")).toBe(path === API);
    expect(policy).not.toContain("unsafe-eval");
  });

  it("is valid HTML", async () => {
    const validator = new HtmlValidate({
      extends: ["html-validate:recommended"],
      rules: {
        "doctype-style": ["error", { style: "lowercase" }],
        // Code keeps its own spaces.
        "no-trailing-whitespace": "off",
        // The results of the search are links: no element of HTML is a list to which a field belongs.
        "prefer-native-element": ["error", { exclude: ["listbox"] }],
        // A problem's page has the problem's title.
        "long-title": "off",
      },
    });
    const { results } = await validator.validateString(body);
    expect(
      results.flatMap(({ messages }) =>
        messages.map(({ ruleId, message, line }) => `${line} ${ruleId}: ${message}`),
      ),
    ).toEqual([]);
  });

  it.skipIf(path === API)("is small", () => {
    expect(weightOf(body)).toBeLessThan(MOST_BYTES);
  });
});
