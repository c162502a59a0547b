/** Builds the dashboard: one page, one style sheet and two scripts. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";
import { asset } from "../asset.ts";
import { policy } from "../policy.ts";
import type { SiteFile } from "../site-file.ts";
import { ICON, page } from "./page.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** Bundles the sources in memory, for browsers of the last two years. */
export async function build(): Promise<SiteFile[]> {
  const { outputFiles } = await bundle({
    absWorkingDir: FOLDER,
    entryPoints: { dashboard: "main.tsx", theme: "theme.ts" },
    outdir: "out",
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: ["chrome120", "firefox121", "safari17"],
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "warning",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const icon = asset("dashboard.svg", ICON);
  const assets = outputFiles.map(({ path, contents }) => asset(basename(path), contents));
  const pathOf = (name: RegExp): string => assets.find(({ path }) => name.test(path))?.path ?? "";
  const html = page({
    script: pathOf(/dashboard-\w+\.js$/),
    theme: pathOf(/theme-\w+\.js$/),
    style: pathOf(/\.css$/),
    icon: icon.path,
  });
  return [
    { path: "/dashboard", type: "text/html; charset=utf-8", body: html, policy: policy() },
    icon,
    ...assets,
  ];
}
