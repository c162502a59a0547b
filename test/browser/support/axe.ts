/** Rules of accessibility (WCAG 2.2 A and AA, and good practice), checked by axe. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/**
 * Fails with each serious or critical violation and where it is.
 * @param exceptions rules that are not checked, with the reason beside them
 */
export async function expectAccessible(page: Page, exceptions: string[] = []): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).disableRules(exceptions).analyze();
  const found = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("; ")}`,
    );
  expect(found).toEqual([]);
}

/** Fails if the page can be scrolled sideways. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content).toBeLessThanOrEqual(window ?? 0);
}
