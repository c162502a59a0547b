/** Builds the documentation: a static page for each document, the search index, and the API reference. */
import { asset } from "../asset.ts";
import { ICON } from "../dashboard/page.ts";
import { policy } from "../policy.ts";
import type { SiteFile } from "../site-file.ts";
import { type Bundle, bundlePages, bundleReference } from "./bundle.ts";
import { createHighlight } from "./highlight.ts";
import { createRender } from "./markdown.ts";
import { type Assets, type Page, pageHtml } from "./page.ts";
import { type Pages, pagesOf } from "./pages.ts";
import { Pictures } from "./pictures.ts";
import { searchIndex } from "./search-index.ts";
import { readSources } from "./sources.ts";

export async function build(): Promise<SiteFile[]> {
  const [sources, highlight, pictures, scripts, reference] = await Promise.all([
    readSources(),
    createHighlight(),
    Pictures.read(),
    bundlePages(),
    bundleReference(),
  ]);
  const render = createRender(new Map(sources.map(({ file, path }) => [file, path])), highlight, pictures);
  const pages = pagesOf(sources, render, reference);
  const index = asset("docs-search.json", searchIndex(pages.searched));
  const icon = asset("docs.svg", ICON);
  const assets = assetPaths(scripts, icon, index);
  const html = pages.all.map((page) => pageFile(page, pages, assets));
  return [...html, index, icon, ...pictures.shown, ...scripts.files, ...reference.files];
}

const assetPaths = ({ pathOf }: Bundle, icon: SiteFile, index: SiteFile): Assets => ({
  first: pathOf("docs-first"),
  script: pathOf("docs"),
  style: pathOf("docs-style"),
  icon: icon.path,
  searchIndex: index.path,
});

const pageFile = (page: Page, { navigation }: Pages, assets: Assets): SiteFile => ({
  path: page.path,
  type: "text/html; charset=utf-8",
  body: pageHtml(page, navigation, assets),
  // Scalar writes style elements and attributes, which the policy can allow only as a whole. Scripts stay our own.
  policy: policy(page.isWide ? { "style-src": "'self' 'unsafe-inline'" } : {}),
});
