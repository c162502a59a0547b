/** Each view by axe, in both themes and on a narrow phone; and what axe can't see. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { expectAccessible, expectNoSidewaysScroll } from "./support/axe.ts";
import { dashboard, newEvent, PHONE, sendEvents } from "./support/dashboard.ts";

const ui = dashboard();

beforeAll(() =>
  sendEvents(
    ui.system,
    Array.from({ length: 60 }, () => newEvent()),
  ),
);

/** Follows each link of the navigation, so that a new view is checked without being named here. */
async function eachView(page: Page, check: (title: string) => Promise<void>): Promise<string[]> {
  const links = page.getByRole("navigation", { name: "Views" }).getByRole("link");
  const titles = await links.allInnerTexts();
  for (const [index, title] of titles.entries()) {
    await links.nth(index).click();
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    await settled(page);
    await check(title);
  }
  return titles;
}

/** Nothing is loading any more. */
async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.locator(".loading, [aria-busy=true]").count(), { timeout: 30_000 }).toBe(0);
}

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  it("each view is accessible", async () => {
    const page = await ui.signedIn("overview", { theme });
    const titles = await eachView(page, () => expectAccessible(page));
    expect(titles).toEqual(expect.arrayContaining(["Overview", "Events"]));
  });

  it("each view is accessible on a phone, and does not scroll sideways", async () => {
    const page = await ui.signedIn("overview", { theme, ...PHONE });
    await eachView(page, async () => {
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    });
  });

  it("signing in, its errors and the details of an event are accessible", async () => {
    const page = await ui.open("/dashboard/events", { theme, ...PHONE, expectedFaults: [/status of 401/] });
    await expectAccessible(page);
    await page.getByLabel("API key").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
    await page.getByLabel("API key").fill(ui.system.stack.adminKey);
    await page.keyboard.press("Enter");
    await page.locator("tbody th a").first().click();
    await page.getByRole("dialog").getByRole("heading", { name: "Receipt of its request" }).waitFor();
    await settled(page);
    await expectAccessible(page);
    await expectNoSidewaysScroll(page);
  });
});

it("each view can be left by keyboard: no control keeps the focus, and each shows it", async () => {
  const page = await ui.signedIn("overview");
  await eachView(page, async (title) => {
    const seen: string[] = [];
    do {
      await page.keyboard.press("Tab");
      seen.push(await page.evaluate(focus));
    } while (seen.at(-1) !== "end" && new Set(seen).size === seen.length);
    expect(seen.at(-1), `the focus goes in circles in ${title}`).toBe("end");
    expect(seen.filter((one) => one.includes("invisible"))).toEqual([]);
  });
});

/** The element that has the focus, by its position, and whether one can see it; `end` behind the last one. */
function focus(): string {
  const element = document.activeElement;
  if (!element || element === document.body) return "end";
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const isVisible = outlineStyle !== "none" && outlineWidth !== "0px";
  return `${[...document.querySelectorAll("*")].indexOf(element)} ${element.outerHTML.slice(0, 80)} ${isVisible ? "" : "invisible"}`;
}
