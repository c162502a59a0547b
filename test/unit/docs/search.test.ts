/** The index that the pages load finds what somebody looks for. */
import MiniSearch from "minisearch";
import { describe, expect, it } from "vitest";
import { excerpt } from "../../../web/docs/browser/excerpt.ts";
import { type Found, SEARCH_OPTIONS } from "../../../web/docs/browser/search-options.ts";
import { builtSite, idsOf } from "./site.ts";

const { files, byPath } = await builtSite();
const file = files.find(({ path }) => path.startsWith("/assets/docs-search-"));
const index = MiniSearch.loadJSON<Found>(String(file?.body), SEARCH_OPTIONS);
const first = (query: string, count = 3): string[] =>
  index
    .search(query)
    .slice(0, count)
    .map(({ id }) => String(id));

describe("the best results", () => {
  it.each([
    ["rate-limited", "/docs/errors/rate-limited"],
    ["queue is full", "/docs/errors/queue-full"],
    ["checkpoints", "/docs/audit-checkpoints"],
    ["tracing", "/docs/tracing"],
    ["erasing a person", "/docs/operations#erasing-a-person"],
    ["database users", "/docs/database-users"],
    ["cloudevents", "/docs/cloudevents"],
    ["typescript", "/docs/sdk"],
  ])("of “%s” contain %s", (query, expected) => {
    expect(first(query)).toContain(expected);
  });

  it("are found by the beginning of a word, by a part of a name, and with a typing error", () => {
    expect(first("checkp")).toContain("/docs/audit-checkpoints");
    expect(first("limited")).toContain("/docs/errors/rate-limited");
    expect(first("chekpoints")).toContain("/docs/audit-checkpoints");
  });

  it("do not exist for a word that no page has", () => {
    expect(first("xylophone")).toEqual([]);
  });
});

it("leads only to sections that exist", () => {
  const all = index.search(MiniSearch.wildcard).map(({ id }) => String(id));
  expect(all.length).toBeGreaterThan(100);
  for (const id of all) {
    const [path = "", anchor] = id.split("#");
    const page = String(byPath.get(path)?.body);
    expect(page, id).toContain("<h1>");
    if (anchor !== undefined) expect(idsOf(page), id).toContain(anchor);
  }
});

it("shows the part of a text in which a word was found", () => {
  const text = `${"before ".repeat(40)}the needle ${"after ".repeat(60)}`;
  expect(excerpt(text, ["needle"])).toMatch(/^… .{20,60}needle after .*…$/);
  expect(excerpt("short", ["short"])).toBe("short");
});
