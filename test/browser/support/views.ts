/** What tests of single views share. */
import type { Page } from "playwright-core";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import { loadConfig } from "../../../lib/config/config.ts";
import { atEnd } from "../../support/cleanup.ts";
import type { System } from "../../support/servers/system.ts";
import { expectAccessible, expectNoSidewaysScroll } from "./axe.ts";
import { type Dashboard, PHONE } from "./dashboard.ts";

/**
 * Checks a view in both themes, on a desktop and on a narrow phone.
 * @param show brings the page into the state that is checked
 */
export async function checkEverywhere(
  ui: Dashboard,
  view: string,
  show: (page: Page) => Promise<unknown>,
): Promise<void> {
  for (const theme of ["light", "dark"] as const)
    for (const size of [{}, PHONE]) {
      const page = await ui.signedIn(view, { theme, ...size });
      await show(page);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    }
}

/** Connections to a system's servers, for what the API can't cause, such as faults. */
export function depsOf({ stack }: System): Deps {
  const deps = createDeps(
    loadConfig({ DATABASE_URL: stack.databaseUrl, REDIS_URL: stack.redisUrl, LOG_LEVEL: "SILENT" }),
  );
  atEnd(() => closeDeps(deps));
  return deps;
}

/** The cells of a table, row by row, without its header. */
export const rowsOf = (page: Page, caption: string): Promise<string[][]> =>
  page
    .getByRole("table", { name: caption })
    .locator("tbody tr")
    .evaluateAll((rows) =>
      rows.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText.trim())),
    );

/** Presses Tab until an element with this text or label has the focus. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLElement | null;
      const label = (element as HTMLInputElement | null)?.labels?.[0]?.innerText;
      return (element?.getAttribute("aria-label") ?? label ?? element?.innerText ?? "").trim();
    });
    if (focused.split("\n")[0] === name) return;
  }
  throw new Error(`No element ${name} got the focus.`);
}
