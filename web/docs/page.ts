/** The HTML around each page. Without a script everything can be read; the script adds search, theme, tabs and copying. */
import { escapeHtml } from "./highlight.ts";
import type { Heading } from "./markdown.ts";

/** Paths of what each page loads. */
export interface Assets {
  /** Runs before the page is painted. */
  first: string;
  script: string;
  style: string;
  icon: string;
  searchIndex: string;
}

export interface NavigationLink {
  path: string;
  label: string;
}

export interface NavigationSection {
  title: string;
  links: readonly NavigationLink[];
}

export interface Page {
  path: string;
  title: string;
  /** One sentence for search engines and link previews. */
  description: string;
  /** What is inside `main`, with the page's `h1`. */
  html: string;
  headings?: readonly Heading[];
  previous?: NavigationLink | undefined;
  next?: NavigationLink | undefined;
  /** Elements of the head that only this page has. */
  head?: string;
  /** Takes the whole width, without the navigation. */
  isWide?: boolean;
}

/** A complete document. */
export function pageHtml(page: Page, navigation: readonly NavigationSection[], assets: Assets): string {
  const { path, title, description, html, isWide = false } = page;
  const fullTitle = path === "/docs" ? title : `${title} · Weir docs`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(fullTitle)}</title>
<meta name="description" content="${escapeHtml(shorten(description))}">
<link rel="icon" type="image/svg+xml" href="${assets.icon}">
<script src="${assets.first}"></script>
<link rel="stylesheet" href="${assets.style}">
<script type="module" src="${assets.script}"></script>
${page.head ?? ""}</head>
<body${isWide ? ' class="wide"' : ""}>
<a class="skip-link" href="#main">Skip to content</a>
${topBar(assets, isWide)}
${isWide ? `<main id="main" tabindex="-1">\n${html}</main>` : columns(page, navigation)}
</body>
</html>
`;
}

function columns(
  { path, html, headings = [], previous, next }: Page,
  navigation: readonly NavigationSection[],
): string {
  return `<div class="layout docs-layout">
${navigationHtml(navigation, path)}
<main id="main" tabindex="-1">
<article class="prose">
${html}</article>
${steps(previous, next)}</main>
${contents(headings)}</div>`;
}

/** Water that falls over a weir, as in the dashboard. */
const MARK = `<svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true"><rect width="32" height="32" rx="7" class="mark-ground"/><path d="M5 11h11c4 0 4 10 8 10h3M5 16h8c4 0 4 10 8 10h6M5 21h5" class="mark-water"/></svg>`;

/** What needs a script is hidden until the script runs. */
const topBar = ({ searchIndex }: Assets, isWide: boolean): string => `<header class="top-bar">
${isWide ? "" : '<button type="button" class="button menu-button needs-script" aria-expanded="false" aria-controls="navigation">Menu</button>\n'}<a class="brand" href="/docs">${MARK}Weir <span class="brand-part">Docs</span></a>
<search class="search needs-script" data-index="${searchIndex}">
<input type="search" id="search" role="combobox" aria-label="Search the documentation" aria-expanded="false" aria-controls="search-results" aria-autocomplete="list" aria-keyshortcuts="/" autocomplete="off" spellcheck="false" placeholder="Search">
<kbd class="search-key" aria-hidden="true">/</kbd>
<div class="search-panel" hidden>
<ul id="search-results" role="listbox" aria-label="Results"></ul>
<p class="search-status" role="status"></p>
</div>
</search>
<span class="top-bar-space"></span>
<a class="top-bar-link" href="/docs/api">API</a>
<a class="top-bar-link" href="/dashboard">Dashboard</a>
<label class="theme-switch needs-script"><span class="visually-hidden">Theme</span>
<select id="theme"><option value="system">System</option><option value="light">Light</option><option value="dark">Dark</option></select></label>
</header>`;

function navigationHtml(sections: readonly NavigationSection[], path: string): string {
  const links = (section: NavigationSection): string =>
    section.links
      .map(({ path: to, label }) => {
        const current = to === path ? ' aria-current="page"' : "";
        return `<li><a href="${to}"${current}>${escapeHtml(label)}</a></li>`;
      })
      .join("\n");
  const groups = sections
    .map((section) => `<p class="navigation-title">${section.title}</p>\n<ul>\n${links(section)}\n</ul>`)
    .join("\n");
  return `<nav class="navigation" id="navigation" aria-label="Documentation">\n<div class="navigation-scroll">\n${groups}\n</div>\n</nav>`;
}

function contents(headings: readonly Heading[]): string {
  if (headings.length < 2) return "";
  const links = headings.map(
    ({ level, anchor, text }) =>
      `<li class="level-${level}"><a href="#${escapeHtml(anchor)}">${escapeHtml(text)}</a></li>`,
  );
  return `<nav class="contents" aria-label="On this page">
<p class="navigation-title">On this page</p>
<ul>
${links.join("\n")}
</ul>
</nav>
`;
}

function steps(previous?: NavigationLink, next?: NavigationLink): string {
  if (!previous && !next) return "";
  const link = (kind: string, label: string, to?: NavigationLink): string =>
    to
      ? `<a class="step ${kind}" href="${to.path}" rel="${kind}"><span class="step-kind">${label}</span>${escapeHtml(to.label)}</a>\n`
      : "";
  return `<nav class="steps" aria-label="Neighbouring pages">\n${link("prev", "Previous", previous)}${link("next", "Next", next)}</nav>\n`;
}

const MOST_CHARACTERS = 160;

/** Cuts a text between words. */
export function shorten(text: string, most = MOST_CHARACTERS): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\s,;:.]+\S*$/, "")} …`;
}
