/** What browsers and other callers get of the built pages. */
import { copyFile, readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { findPage, prefersHtml, servePage } from "../../../lib/pages/pages.ts";
import { writePages } from "../../../web/build.ts";
import { policy } from "../../../web/policy.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";

const PAGE = {
  path: "/docs",
  type: "text/html; charset=utf-8",
  body: "<p>Prüfen</p>".repeat(100),
  policy: policy(),
};
const SCRIPT = {
  path: "/assets/app-1.js",
  type: "text/javascript; charset=utf-8",
  body: "go();".repeat(100),
};
const PICTURE = { path: "/assets/dot-1.png", type: "image/png", body: Uint8Array.of(137, 80, 78, 71) };

async function built(...files: Parameters<typeof writePages>[1]) {
  const folder = await tempFolder("pages");
  await writePages(folder, files, "first");
  const folders = [new URL("file:///nowhere/"), pathToFileURL(`${folder}/`)];
  return {
    folder,
    get: (path: string, headers: Record<string, string> = {}) => servePage(folders, path, { headers }),
    find: (path: string) => findPage(folders, path, { headers: {} }),
  };
}

/** As if the files had been written an hour ago. */
async function age(folder: string): Promise<void> {
  const at = Date.now() / 1_000 - 3_600;
  for (const name of await readdir(folder)) await utimes(join(folder, name), at, at);
}

const bytesOf = ({ body, bodyIsBase64 }: { body: string; bodyIsBase64?: true }): Buffer =>
  Buffer.from(body, bodyIsBase64 ? "base64" : "utf8");

describe("a built page", () => {
  it("comes compressed as the caller accepts it, and always with the same content", async () => {
    const { get } = await built(PAGE);
    const plain = await get("/docs");
    const gzip = await get("/docs", { "accept-encoding": "gzip, br;q=0" });
    const br = await get("/docs", { "accept-encoding": "gzip, deflate, br, zstd" });
    expect(plain.headers).not.toHaveProperty("content-encoding");
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(br.headers["content-encoding"]).toBe("br");
    expect(bytesOf(plain).toString()).toBe(PAGE.body);
    expect(gunzipSync(bytesOf(gzip)).toString()).toBe(PAGE.body);
    expect(brotliDecompressSync(bytesOf(br)).toString()).toBe(PAGE.body);
    expect(new Set([plain, gzip, br].map(({ headers }) => headers.etag)).size).toBe(3);
    for (const { headers } of [plain, gzip, br])
      expect(headers).toMatchObject({ "content-type": PAGE.type, vary: "accept-encoding" });
  });

  it("has its policy, is asked for again each time, and is not sent again if it is the same", async () => {
    const { get } = await built(PAGE);
    const { headers } = await get("/docs");
    expect(headers["content-security-policy"]).toContain("default-src 'none'; script-src 'self'");
    expect(headers["cache-control"]).toBe("no-cache");
    const again = await get("/docs", { "if-none-match": `"other", W/${headers.etag}` });
    expect(again).toMatchObject({ status: 304, body: "" });
    expect(again.headers.etag).toBe(headers.etag);
    expect((await get("/docs", { "if-none-match": '"other"' })).status).toBe(200);
  });

  it("loads files that never change, of any type", async () => {
    const { get } = await built(SCRIPT, PICTURE);
    const script = await get(SCRIPT.path, { "accept-encoding": "br" });
    const picture = await get(PICTURE.path, { "accept-encoding": "br" });
    expect(script.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(script.headers).not.toHaveProperty("content-security-policy");
    expect(picture.headers).not.toHaveProperty("content-encoding");
    expect([...bytesOf(picture)]).toEqual([...PICTURE.body]);
  });

  it("is not found under another path, nor a file beside it", async () => {
    const { get, find } = await built(PAGE);
    for (const path of [
      "/docs/",
      "/docs/other",
      "/assets/manifest.json",
      "/assets/../manifest.json",
      "toString",
    ])
      await expect(get(path)).rejects.toMatchObject({ code: "not-found", message: "There is no such page." });
    expect(await find("/docs/other")).toBeUndefined();
  });

  it("is replaced by a new build, whose predecessor's files stay for one more", async () => {
    const { folder, get } = await built(PAGE);
    const files = (): Promise<number> => readdir(folder).then(({ length }) => length);
    for (const [n, count] of [5, 5].entries()) {
      await age(folder);
      await writePages(folder, [{ ...PAGE, body: `${n}${PAGE.body}` }], String(n));
      expect(bytesOf(await get("/docs")).toString()).toBe(`${n}${PAGE.body}`);
      expect(await files()).toBe(count);
    }
  });

  it("says how to build the pages if nobody has", async () => {
    await expect(servePage([new URL("file:///nowhere/")], "/docs", { headers: {} })).rejects.toMatchObject({
      code: "not-found",
      message: expect.stringContaining("npm run build:web"),
    });
  });
});

it("only a browser prefers HTML", () => {
  expect(prefersHtml({ headers: { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" } })).toBe(true);
  expect(prefersHtml({ headers: { accept: "*/*" } })).toBe(false);
  expect(prefersHtml({ headers: {} })).toBe(false);
});

describe("a further build", () => {
  it("removes no file of a build of other sources that is in progress", async () => {
    const { folder, get } = await built(PAGE);
    // What another build has written before its manifest: the file of its page.
    const other = await built({ ...PAGE, body: `other ${PAGE.body}` });
    const names = (await readdir(other.folder)).filter((name) => name !== "manifest.json");
    for (const name of names) await copyFile(join(other.folder, name), join(folder, name));
    await writePages(folder, [{ ...PAGE, body: `this ${PAGE.body}` }], "this");
    await copyFile(join(other.folder, "manifest.json"), join(folder, "manifest.json"));
    expect(bytesOf(await get("/docs")).toString()).toBe(`other ${PAGE.body}`);
  });

  it("keeps the files that did not change, and writes again what is missing", async () => {
    const { folder, get } = await built(PAGE, SCRIPT);
    const times = async () =>
      Object.fromEntries(
        await Promise.all(
          (await readdir(folder)).map(
            async (name) => [name, (await stat(join(folder, name))).mtimeMs] as const,
          ),
        ),
      );
    const before = await times();
    const missing = Object.keys(before).find((name) => name.endsWith(".js.br")) ?? "";
    await rm(join(folder, missing));
    await writePages(folder, [PAGE, SCRIPT], "second");
    const after = await times();
    expect(Object.keys(after).sort()).toEqual(Object.keys(before).sort());
    const page = Object.keys(before).filter((name) => /^\w+\.(?:gz|br)$/.test(name));
    expect(page).toHaveLength(2);
    for (const name of page) expect(after[name]).toBe(before[name]);
    expect(bytesOf(await get(SCRIPT.path)).toString()).toBe(SCRIPT.body);
  });
});
