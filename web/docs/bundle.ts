/** Bundles what runs in the browser: the small scripts of each page, and the API reference. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildOptions, build as bundle } from "esbuild";
import { named } from "../asset.ts";
import type { SiteFile } from "../site-file.ts";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));
/** Not among the exports of its package, whose library would have to be built with Vue. */
const SCALAR = fileURLToPath(
  new URL("../../node_modules/@scalar/api-reference/dist/browser/standalone.esm.js", import.meta.url),
);

/** Browsers of the last two years. */
const COMMON = {
  absWorkingDir: FOLDER,
  bundle: true,
  write: false,
  outdir: "out",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  target: ["chrome120", "firefox121", "safari17"],
  legalComments: "none",
  logLevel: "warning",
} as const satisfies BuildOptions;

export interface Bundle {
  files: SiteFile[];
  /** Path of the file made from an entry. */
  pathOf(entry: string): string;
}

/** The scripts and styles of all pages, in memory. */
export const bundlePages = async (): Promise<Bundle> =>
  merged([
    await bundled({ minify: true, format: "iife", entryPoints: { "docs-first": "browser/first.ts" } }),
    await bundled({
      minify: true,
      format: "esm",
      splitting: true,
      entryPoints: { docs: "browser/docs.ts", "docs-style": "styles/docs.css" },
    }),
  ]);

/** The API reference, in pieces that load when they are needed. They are minified already. */
export const bundleReference = async (): Promise<Bundle> =>
  merged([
    await bundled({
      format: "esm",
      splitting: true,
      minifyWhitespace: true,
      entryPoints: { "api-reference": "browser/reference.ts" },
      alias: { scalar: SCALAR },
    }),
  ]);

async function bundled(options: BuildOptions): Promise<SiteFile[]> {
  const { outputFiles } = await bundle({ ...COMMON, ...options, write: false });
  return outputFiles.map(({ path, contents }) => named(basename(path), contents));
}

function merged(parts: readonly SiteFile[][]): Bundle {
  const files = parts.flat();
  return {
    files,
    pathOf: (entry) => {
      const found = files.find(
        ({ path }) =>
          /^-[A-Z0-9]{8}\.(?:js|css)$/.test(path.slice(`/assets/${entry}`.length)) &&
          path.startsWith(`/assets/${entry}-`),
      );
      if (!found) throw new Error(`esbuild made no file from ${entry}.`);
      return found.path;
    },
  };
}
