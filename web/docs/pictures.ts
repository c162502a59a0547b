/** Pictures of the documents: each becomes an asset, if a page shows it. */
import { glob, readFile } from "node:fs/promises";
import { basename, posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { MarkdownIt, StateCore } from "markdown-it";
import { asset } from "../asset.ts";
import type { SiteFile } from "../site-file.ts";
import type { LinkEnvironment } from "./links.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export class Pictures {
  readonly #byFile: ReadonlyMap<string, SiteFile>;
  readonly #shown = new Set<SiteFile>();

  private constructor(byFile: ReadonlyMap<string, SiteFile>) {
    this.#byFile = byFile;
  }

  static async read(): Promise<Pictures> {
    const files = await Array.fromAsync(glob("docs/pictures/*.png", { cwd: ROOT }));
    const read = files.map(async (file) => {
      const name = file.replaceAll("\\", "/");
      return [name, asset(basename(name), await readFile(`${ROOT}${file}`))] as const;
    });
    return new Pictures(new Map(await Promise.all(read)));
  }

  /** Those that rendered pages show. */
  get shown(): SiteFile[] {
    return [...this.#shown];
  }

  /** Makes images of Markdown files lead to the assets. */
  use(markdown: MarkdownIt): void {
    markdown.core.ruler.push("pictures", (state: StateCore) => {
      const { file } = state.env as unknown as LinkEnvironment;
      for (const token of state.tokens.flatMap(({ children }) => children ?? []))
        if (token.type === "image")
          token.attrSet("src", this.#pathOf(String(token.attrGet("src") ?? ""), file));
    });
  }

  #pathOf(source: string, file: string): string {
    const picture = this.#byFile.get(posix.normalize(posix.join(posix.dirname(file), source)));
    if (picture === undefined) return source;
    this.#shown.add(picture);
    return picture.path;
  }
}
