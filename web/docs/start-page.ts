/** The start page: what Weir is, and where to go. */
import { SECTIONS } from "./contents.ts";
import { escapeHtml } from "./highlight.ts";
import { type NavigationSection, shorten } from "./page.ts";

export const START_TITLE = "Weir documentation";

export const START_SUMMARY =
  "Weir is a serverless event API for teams that must count every event once and prove who called what. Programs send events over HTTP; Weir queues them, responds immediately, stores each event exactly once in PostgreSQL, and answers queries about them.";

/** @param summaries of the pages, by path */
export function startPage(
  navigation: readonly NavigationSection[],
  summaries: ReadonlyMap<string, string>,
): string {
  const sections = navigation.map((section, index) => {
    const links = index === 0 ? cards(section, summaries) : list(section, summaries);
    const summary = SECTIONS.find(({ title }) => title === section.title)?.summary ?? "";
    const id = section.title.toLowerCase();
    return `<section aria-labelledby="${id}">\n<h2 id="${id}">${section.title}</h2>\n<p class="lead">${summary}</p>\n${links}</section>\n`;
  });
  return `<h1>${START_TITLE}</h1>\n<p class="start-lead">${START_SUMMARY}</p>\n${sections.join("")}`;
}

function cards({ links }: NavigationSection, summaries: ReadonlyMap<string, string>): string {
  const items = links.map(
    ({ path, label }) =>
      `<li class="guide-card"><h3><a href="${path}">${escapeHtml(label)}</a></h3>\n<p>${escapeHtml(shorten(summaries.get(path) ?? ""))}</p></li>\n`,
  );
  return `<ul class="guide-cards">\n${items.join("")}</ul>\n`;
}

function list({ links }: NavigationSection, summaries: ReadonlyMap<string, string>): string {
  const items = links.map(
    ({ path, label }) =>
      `<li><a href="${path}">${escapeHtml(label)}</a>\n<p>${escapeHtml(shorten(summaries.get(path) ?? "", 110))}</p></li>\n`,
  );
  return `<ul class="page-list">\n${items.join("")}</ul>\n`;
}
