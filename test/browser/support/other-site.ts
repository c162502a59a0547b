/** A page of another origin than the system's, with published packages in it. */
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { listen } from "../../support/servers/listen.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Serves a page with the title "Shop" until the end of the file's tests.
 * @param contents a module, whose exports are the page's global `sdk`
 * @returns its origin
 */
export async function otherSite(contents = "export {};"): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    ...{ bundle: true, write: false, format: "iife", globalName: "sdk", platform: "browser" },
    define: { "process.env.NODE_ENV": '"production"' },
    logLevel: "error",
  });
  const script = outputFiles[0]?.text.replaceAll("</script", "<\\/script");
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>Shop</title><script>${script}</script>`;
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(page));
  return `http://127.0.0.1:${await listen(server)}`;
}
