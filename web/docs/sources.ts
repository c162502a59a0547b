/** Finds the Markdown files of the site, and decides where each appears. */
import { glob, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { API_PAGE, GUIDES, PATHS, PROBLEMS_PAGE, SECTIONS } from "./contents.ts";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface Source {
  /** Path in the repository. */
  file: string;
  /** Path of the URL. */
  path: string;
  section: string;
  markdown: string;
}

/** Paths that a file must not take. */
const TAKEN = [API_PAGE, PROBLEMS_PAGE, ...Object.values(PATHS)];

/** All sources in the order of the navigation. */
export async function readSources(root = ROOT): Promise<Source[]> {
  const found = await Array.fromAsync(
    glob(["docs/*.md", `${GUIDES}/*.md`, ...Object.keys(PATHS)], { cwd: root }),
  );
  const files = inOrder(found.map((file) => file.replaceAll("\\", "/")).sort());
  const paths = pathsOf(files.map(({ file }) => file));
  return Promise.all(
    files.map(async ({ file, section }) => ({
      file,
      section,
      path: paths.get(file) ?? "",
      markdown: await readFile(join(root, file), "utf8"),
    })),
  );
}

/** Guides that are not listed come last among the guides, other files last of all. */
function inOrder(files: readonly string[]): { file: string; section: string }[] {
  const listed: readonly string[] = SECTIONS.flatMap(({ pages }) => [...pages]);
  const rest = files.filter((file) => !listed.includes(file));
  return SECTIONS.flatMap(({ title, pages }, index) => {
    const own = [...pages].filter((page) => files.includes(page));
    const others = rest.filter((file) =>
      file.startsWith(`${GUIDES}/`) ? index === 0 : index === SECTIONS.length - 1,
    );
    return [...own, ...others].map((file) => ({ file, section: title }));
  });
}

/** `docs/guides/x.md` and `docs/x.md` both want `/docs/x`: the document gets it, the guide becomes `/docs/guide-x`. */
export function pathsOf(files: readonly string[]): ReadonlyMap<string, string> {
  const plain = (file: string): string => `/docs/${basename(file, ".md")}`;
  const documents = files.filter((file) => !file.startsWith(`${GUIDES}/`));
  const paths = new Map(documents.map((file) => [file, PATHS[file] ?? plain(file)]));
  const taken = new Set([...paths.values(), ...TAKEN]);
  for (const file of files.filter((one) => one.startsWith(`${GUIDES}/`)))
    paths.set(file, taken.has(plain(file)) ? `/docs/guide-${basename(file, ".md")}` : plain(file));
  return paths;
}
