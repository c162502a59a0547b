/** Pictures of each view for the documentation. Made only on request: `PICTURES=1 npm run test:browser -- pictures`. */
import { mkdir, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { dashboard, newEvent, sendEvents } from "./support/dashboard.ts";
import { runDemo } from "./support/demo.ts";

const FOLDER = fileURLToPath(new URL("../../docs/pictures/", import.meta.url));
const MOST_BYTES = 200_000;

describe.runIf(process.env.PICTURES)("pictures", () => {
  const ui = dashboard();

  beforeAll(async () => {
    await runDemo(ui.system);
    await mkdir(FOLDER, { recursive: true });
  });

  it.each(["light", "dark"] as const)("of each view in the %s theme", async (theme) => {
    const page = await ui.signedIn("overview", { theme, width: 1_200, height: 800 });
    await trickle();
    const links = page.getByRole("navigation", { name: "Views" }).getByRole("link");
    for (const [index, title] of (await links.allInnerTexts()).entries()) {
      await links.nth(index).click();
      await page.getByRole("heading", { level: 1, name: title }).waitFor();
      await expect.poll(() => page.locator(".loading, [aria-busy=true]").count()).toBe(0);
      await picture(page, `${title.toLowerCase().replaceAll(" ", "-")}-${theme}`);
    }
  });

  /** Events of several types over half a minute, so that the live chart has something to show. */
  async function trickle(): Promise<void> {
    const types = ["order.placed", "page.viewed", "order.paid"];
    for (let step = 0; step < 15; step++) {
      const size = 30 + Math.round(20 * Math.sin(step / 2));
      const events = Array.from({ length: size }, (_, index) =>
        newEvent({ event_type: types[(index * index) % 3], payload: { amount: index, currency: "EUR" } }),
      );
      await Promise.all([
        sendEvents(ui.system, events),
        new Promise((resolve) => setTimeout(resolve, 2_000)),
      ]);
    }
  }

  async function picture(page: Page, name: string): Promise<void> {
    const path = `${FOLDER}${name}.png`;
    await page.screenshot({ path });
    expect((await stat(path)).size).toBeLessThan(MOST_BYTES);
  }
});
