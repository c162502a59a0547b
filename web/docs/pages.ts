/** All pages of the site in their order, with the navigation between them. */
import type { Bundle } from "./bundle.ts";
import { API_PAGE, LABELS, PROBLEMS_PAGE, SECTIONS } from "./contents.ts";
import type { Render, Rendered } from "./markdown.ts";
import type { NavigationLink, NavigationSection, Page } from "./page.ts";
import { problemOverview, problemPages } from "./problems.ts";
import { REFERENCE_HTML, REFERENCE_SUMMARY, REFERENCE_TITLE } from "./reference-page.ts";
import type { Source } from "./sources.ts";
import { START_SUMMARY, START_TITLE, startPage } from "./start-page.ts";
import type { TextSection } from "./text.ts";

export interface Pages {
  all: Page[];
  navigation: NavigationSection[];
  searched: { path: string; title: string; sections: TextSection[] }[];
}

/** A page from Markdown, before it knows its neighbours. */
interface Document extends Rendered {
  path: string;
  /** In the navigation. */
  label: string;
  /** Path of the file, or of the page if it has none. */
  key: string;
}

export function pagesOf(sources: readonly Source[], render: Render, reference: Bundle): Pages {
  const documents = sources.map(({ file, path, markdown }): Document => {
    const rendered = render(markdown, file);
    return { ...rendered, path, key: file, label: LABELS[file] ?? rendered.title };
  });
  const overview = problemDocument(problemOverview(), render);
  const problems = problemPages().map((page) => problemDocument(page, render));
  const navigation = navigationOf(sources, [...documents, overview]);
  const listed = [...documents, overview];
  const order = navigation.flatMap(({ links }) => links);
  const all = [
    start(navigation, listed),
    referencePage(reference),
    ...listed.map((document) => pageOf(document, order)),
    ...problems.map((document) => pageOf(document, [])),
  ];
  return {
    all,
    navigation,
    searched: [...listed, ...problems].map(({ label, ...page }) => ({ ...page, title: label })),
  };
}

function problemDocument(
  { path, file, markdown }: { path: string; file: string; markdown: string },
  render: Render,
): Document {
  const rendered = render(markdown, file);
  return { ...rendered, path, key: path, label: rendered.title };
}

function navigationOf(sources: readonly Source[], documents: readonly Document[]): NavigationSection[] {
  const links = new Map(documents.map(({ key, path, label }) => [key, { path, label }]));
  links.set(API_PAGE, { path: API_PAGE, label: REFERENCE_TITLE });
  return SECTIONS.map(({ title, pages }) => {
    const files = sources.filter(({ section }) => section === title).map(({ file }) => file);
    const own = [...pages].filter((page) => page.startsWith("/") || files.includes(page));
    const rest = files.filter((file) => !own.includes(file as never));
    return { title, links: [...own, ...rest].flatMap((key) => links.get(key) ?? []) };
  }).filter((section) => section.links.length > 0);
}

function pageOf(document: Document, order: readonly NavigationLink[]): Page {
  const { path, label, summary, html, headings } = document;
  const at = order.findIndex((link) => link.path === path);
  const isListed = at !== -1;
  return {
    path,
    title: label,
    description: summary === "" ? label : summary,
    html,
    headings,
    previous: isListed ? order[at - 1] : { path: PROBLEMS_PAGE, label: "All problem types" },
    next: isListed ? order[at + 1] : undefined,
  };
}

function start(navigation: readonly NavigationSection[], documents: readonly Document[]): Page {
  const summaries = new Map(documents.map(({ path, summary }) => [path, summary]));
  summaries.set(API_PAGE, REFERENCE_SUMMARY);
  return {
    path: "/docs",
    title: START_TITLE,
    description: START_SUMMARY,
    html: startPage(navigation, summaries),
  };
}

const referencePage = ({ pathOf }: Bundle): Page => ({
  path: API_PAGE,
  title: REFERENCE_TITLE,
  description: REFERENCE_SUMMARY,
  html: REFERENCE_HTML,
  head: `<script type="module" src="${pathOf("api-reference")}"></script>\n`,
  isWide: true,
});
