/** The documentation in Chromium: reading, searching by keyboard, tabs, themes, phones, and no script at all. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { expectAccessible, expectNoSidewaysScroll } from "./support/axe.ts";
import { dashboard, PHONE } from "./support/dashboard.ts";

const ui = dashboard();

const navigation = (page: Page) => page.getByRole("navigation", { name: "Documentation" });
const search = (page: Page) => page.getByRole("combobox", { name: "Search the documentation" });
const results = (page: Page) => page.getByRole("listbox", { name: "Results" }).getByRole("option");
const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name, exact: true });
const isInView = (page: Page, id: string): Promise<boolean> =>
  page.evaluate((name) => {
    const { top, bottom } = document.getElementById(name)?.getBoundingClientRect() ?? { top: -1, bottom: -1 };
    return top >= 0 && bottom <= innerHeight;
  }, id);

describe("reading", () => {
  it("goes from the start page to a guide, and from page to page", async () => {
    const page = await ui.open("/docs");
    await page.getByRole("main").getByRole("link", { name: "Your first event" }).click();
    await heading(page, "Your first event").waitFor();
    await expect
      .poll(() => navigation(page).locator("[aria-current=page]").innerText())
      .toBe("Your first event");
    await page
      .getByRole("navigation", { name: "Neighbouring pages" })
      .getByRole("link", { name: "Next" })
      .click();
    await page.waitForURL(/\/docs\/sending$/);
    await page.getByRole("link", { name: "Previous" }).click();
    await page.waitForURL(/\/docs\/first-event$/);
  });

  it("goes to a heading of the page, and marks where the reader is", async () => {
    const page = await ui.open("/docs/operations");
    const contents = page.getByRole("navigation", { name: "On this page" });
    await contents.getByRole("link", { name: "Erasing a person" }).click();
    await page.waitForURL(/#erasing-a-person$/);
    expect(await isInView(page, "erasing-a-person")).toBe(true);
    await expect.poll(() => contents.locator("[aria-current]").innerText()).toBe("Erasing a person");
  });

  it("leads to the dashboard and back", async () => {
    const page = await ui.open("/docs");
    await page.getByRole("banner").getByRole("link", { name: "Dashboard" }).click();
    await heading(page, "Sign in to Weir").waitFor();
    await page.getByRole("link", { name: "Docs" }).click();
    await heading(page, "Weir documentation").waitFor();
  });

  it("shows the page of a problem type where its `type` leads", async () => {
    const { text } = await ui.system.get("/v1/events/none", "nobody");
    const { type } = JSON.parse(text) as { type: string };
    const page = await ui.open(new URL(type, ui.system.stack.url).pathname);
    await heading(page, "The API key is unknown").waitFor();
    const other = await fetch(page.url());
    expect(other.headers.get("content-type")).toContain("text/markdown");
    expect(await other.text()).toContain("# The API key is unknown");
  });

  it("copies a block of code", async () => {
    const page = await ui.open("/docs/first-event");
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const block = page.locator(".code").first();
    await block.hover();
    await block.getByRole("button", { name: "Copy" }).click();
    await block.getByRole("button", { name: "Copied" }).waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(await block.locator("code").textContent());
    expect(copied).toContain("export WEIR_URL=");
  });
});

describe("searching", () => {
  it("works by keyboard alone: / begins, arrows select, Enter opens", async () => {
    const page = await ui.open("/docs");
    await page.keyboard.press("/");
    await page.keyboard.type("erasing pers");
    await results(page).first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    const selected = page.locator("[role=option][aria-selected=true]");
    expect(await selected.innerText()).toContain("Erasing a person");
    expect(await search(page).getAttribute("aria-activedescendant")).toBe(await selected.getAttribute("id"));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/docs\/operations#erasing-a-person$/);
    expect(await isInView(page, "erasing-a-person")).toBe(true);
  });

  it("says that nothing was found, and Escape closes it", async () => {
    const page = await ui.open("/docs/queries");
    await search(page).fill("xylophone");
    await page.getByText("Nothing found for “xylophone”.").waitFor();
    await page.keyboard.press("Escape");
    expect(await page.locator(".search-panel").isVisible()).toBe(false);
  });

  it("loads its index only when it is used", async () => {
    const page = await ui.open("/docs/queries");
    const loaded: string[] = [];
    page.on("response", (response) => loaded.push(new URL(response.url()).pathname));
    await page.waitForLoadState("networkidle");
    expect(loaded.filter((path) => path.includes("docs-search"))).toEqual([]);
    await search(page).fill("count");
    await results(page).first().waitFor();
    expect(loaded.filter((path) => path.includes("docs-search"))).toHaveLength(1);
  });

  it("says that the index could not be loaded, and loads it at the next attempt", async () => {
    const page = await ui.open("/docs/queries", { expectedFaults: [/Failed to load resource/] });
    await page.route("**/assets/docs-search-*", (route) => route.abort());
    await search(page).fill("count");
    await page.getByText("The search index could not be loaded.").waitFor();
    await page.unroute("**/assets/docs-search-*");
    await search(page).fill("counts");
    await results(page).first().waitFor();
  });
});

describe("languages of the examples", () => {
  const shown = (page: Page) =>
    page
      .locator(".tab")
      .evaluateAll((tabs) => [
        ...new Set(
          tabs
            .filter((tab) => (tab as HTMLElement).checkVisibility())
            .map((tab) => (tab as HTMLElement).dataset.language),
        ),
      ]);

  it("are chosen for all examples of all pages, and remembered", async () => {
    const page = await ui.open("/docs/first-event");
    expect(await shown(page)).toEqual(["sh"]);
    await page.getByRole("tab", { name: "curl" }).first().focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(await shown(page)).toEqual(["python"]);
    await page.reload();
    expect(await shown(page)).toEqual(["python"]);
    const tab = await ui.openTab(page, "/docs/sending");
    await tab.getByRole("tab", { name: "Python", selected: true }).first().waitFor();
    expect(await shown(tab)).toContain("python");
  });
});

describe("the theme", () => {
  const ground = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  it("follows the system, and the choice holds for the dashboard too", async () => {
    const page = await ui.open("/docs/audit", { theme: "dark" });
    const dark = await ground(page);
    await page.getByRole("combobox", { name: "Theme" }).selectOption("light");
    expect(await ground(page)).not.toBe(dark);
    await page.reload();
    expect(await ground(page)).not.toBe(dark);
    const other = await ui.openTab(page, "/dashboard");
    expect(await other.evaluate(() => document.documentElement.dataset.theme)).toBe("light");
  });
});

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  const PATHS = [
    "/docs",
    "/docs/first-event",
    "/docs/operations",
    "/docs/problems",
    "/docs/errors/rate-limited",
  ];

  it.each(PATHS.slice(0, 2))("%s is accessible", async (path) => {
    const page = await ui.open(path, { theme });
    await expectAccessible(page);
  });

  it.each(PATHS)("%s is accessible on a phone, and does not scroll sideways", async (path) => {
    const page = await ui.open(path, { theme, ...PHONE });
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });

  it("the results of a search and the menu are accessible on a phone", async () => {
    const page = await ui.open("/docs/audit", { theme, ...PHONE });
    await search(page).fill("checkpoint");
    await results(page).first().waitFor();
    await page.keyboard.press("ArrowDown");
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.keyboard.press("Escape");
    expect(await navigation(page).isVisible()).toBe(false);
    await page.getByRole("button", { name: "Menu" }).click();
    await navigation(page).getByRole("link", { name: "Tracing" }).waitFor();
    await expectAccessible(page);
    await navigation(page).getByRole("link", { name: "Tracing" }).click();
    await heading(page, "Tracing").waitFor();
  });
});

it("shows everything without a script, and nothing that needs one", async () => {
  const context = await ui.browser.newContext({ javaScriptEnabled: false, viewport: PHONE });
  const page = await context.newPage();
  await page.goto(`${ui.system.stack.url}/docs/first-event`);
  for (const language of ["curl", "TypeScript", "Python"])
    expect(await page.locator(".tab-title", { hasText: language }).first().isVisible()).toBe(true);
  expect(await page.locator(".tab pre:visible").count()).toBe(await page.locator(".tab pre").count());
  expect(await navigation(page).isVisible()).toBe(true);
  expect(await page.locator("button:visible, input:visible, select:visible").count()).toBe(0);
  await context.close();
});
