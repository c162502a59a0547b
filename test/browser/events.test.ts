/** The view Events: arrivals, filters, one event. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { dashboard, newEvent, sendEvents } from "./support/dashboard.ts";

const ui = dashboard();

const row = (page: Page, id: string) => page.getByRole("row").filter({ hasText: id });
const ids = (page: Page): Promise<string[]> => page.locator("tbody th").allInnerTexts();

describe("new events", () => {
  it("appear on top by themselves, in the order of their arrival, soon after the 202", async () => {
    const page = await ui.signedIn("events");
    await row(page, "").first().or(page.getByText("There are no events yet")).waitFor();
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      const event = newEvent();
      waits.push(await sendAndWait(page, ui.system.stack.apiKey, event));
    }
    const shown = await ids(page);
    expect(shown.length).toBeGreaterThanOrEqual(10);
    waits.sort((a, b) => a - b);
    console.info(
      `From the 202 to the row, 10 events one by one: median ${waits[5]} ms, maximum ${waits.at(-1)} ms (required: 2,000 ms)`,
    );
  });

  it("appear once each when several come in one request, the last one on top", async () => {
    const page = await ui.signedIn("events?type=burst");
    await page.getByText("No event matches the filters").waitFor();
    const events = Array.from({ length: 30 }, (_, index) =>
      newEvent({ event_type: "burst", timestamp: new Date(Date.now() - 60_000 + index).toISOString() }),
    );
    await sendEvents(ui.system, events);
    await row(page, events.at(-1)?.event_id ?? "").waitFor();
    expect(await ids(page)).toEqual(events.map(({ event_id }) => event_id).reverse());
    await sendEvents(ui.system, [newEvent({ event_type: "other" })]);
    const last = newEvent({ event_type: "burst" });
    await sendEvents(ui.system, [last]);
    await row(page, last.event_id).waitFor();
    expect((await ids(page)).length).toBe(31);
  });

  it("wait while the list is paused, and all come when it goes on", async () => {
    const page = await ui.signedIn("events?type=paused");
    await page.getByText("No event matches the filters").waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    const events = [newEvent({ event_type: "paused" }), newEvent({ event_type: "paused" })];
    await sendEvents(ui.system, events);
    await page.getByText("paused", { exact: true }).first().waitFor();
    expect(await page.locator("tbody tr").count()).toBe(0);
    await page.getByRole("button", { name: "Resume" }).click();
    await row(page, events[1]?.event_id ?? "").waitFor();
    expect(new Set(await ids(page))).toEqual(new Set(events.map(({ event_id }) => event_id)));
  });
});

describe("filters", () => {
  it("are in the URL, and survive a reload and a second tab", async () => {
    const [cheap, dear] = [1, 1_000].map((price) => newEvent({ event_type: "sale", payload: { price } }));
    await sendEvents(ui.system, [cheap, dear] as object[]);
    const page = await ui.signedIn("events");
    await page.getByLabel("Type").fill("sale");
    await page.keyboard.press("Enter");
    await page.getByLabel("Property").fill("payload.price>=500");
    await page.keyboard.press("Enter");
    await page.getByLabel("Time range").selectOption("1h");
    const expectFiltered = async (shown: Page): Promise<void> => {
      await row(shown, dear?.event_id ?? "").waitFor();
      await expect.poll(() => ids(shown)).toEqual([dear?.event_id]);
      expect(await shown.getByLabel("Type").inputValue()).toBe("sale");
      expect(await shown.getByLabel("Time range").inputValue()).toBe("1h");
    };
    await expectFiltered(page);
    const url = new URL(page.url());
    expect(url.searchParams.get("type")).toBe("sale");
    expect(url.searchParams.getAll("where")).toEqual(["payload.price>=500"]);
    await page.reload();
    await expectFiltered(page);

    const tab = await ui.openTab(page, url.pathname + url.search);
    await tab.getByLabel("API key").fill(ui.system.stack.adminKey);
    await tab.keyboard.press("Enter");
    await expectFiltered(tab);

    await page.getByRole("button", { name: "Remove payload.price>=500" }).click();
    await row(page, cheap?.event_id ?? "").waitFor();
    await page.goBack();
    await expectFiltered(page);
    await page.getByRole("button", { name: "Clear filters" }).click();
    expect(new URL(page.url()).searchParams.has("where")).toBe(false);
  });

  it("take a range in another zone", async () => {
    const at = new Date(Date.now() - 3_600_000);
    const event = newEvent({ event_type: "zoned", timestamp: at.toISOString() });
    await sendEvents(ui.system, [event]);
    const page = await ui.signedIn("events?type=zoned");
    await row(page, event.event_id).waitFor();
    const clock = (zone: string): string => at.toLocaleTimeString("en-GB", { timeZone: zone });
    expect(await row(page, event.event_id).innerText()).toContain(clock("Europe/Berlin"));
    await page.getByLabel("Time zone").fill("Asia/Kathmandu");
    await page.keyboard.press("Enter");
    await row(page, event.event_id).getByText(clock("Asia/Kathmandu")).waitFor();
    expect(new URL(page.url()).searchParams.get("tz")).toBe("Asia/Kathmandu");

    await page.getByLabel("Time range").selectOption("custom");
    const local = (ms: number): string =>
      new Date(ms).toLocaleString("sv-SE", { timeZone: "Asia/Kathmandu" }).replace(" ", "T");
    await page.getByLabel("From").fill(local(at.getTime() - 5_000));
    await page.getByLabel("To, exclusive").fill(local(at.getTime() + 5_000));
    await page.getByRole("button", { name: "Apply" }).click();
    await page.waitForURL(/start=/);
    await row(page, event.event_id).waitFor();
    const start = Date.parse(new URL(page.url()).searchParams.get("start") ?? "");
    expect(Math.abs(start - (at.getTime() - 5_000))).toBeLessThan(1_000);
    expect(await page.getByRole("button", { name: "Pause" }).count()).toBe(0);
  });
});

describe("one event", () => {
  it("has its payload digit by digit, its receipt and its audit entry, at a URL of its own", async () => {
    const event = newEvent({ event_type: "exact" });
    const body = JSON.stringify({ events: [event] }).replace(
      /"payload":\{[^}]*\}/,
      '"payload":{"big":12345678901234567890,"small":0.1000000000000000055,"one":1.0,"text":"<b>ü</b>"}',
    );
    const sent = await ui.system.post(body, { "content-type": "application/json" });
    await ui.system.settled(sent.body.receipt_id);
    const page = await ui.signedIn("events?type=exact");
    await row(page, event.event_id).getByRole("link").click();
    const dialog = page.getByRole("dialog", { name: "Event" });
    await dialog.getByText(sent.body.receipt_id).first().waitFor();
    const payload = await dialog.locator("pre").first().innerText();
    for (const digits of ["12345678901234567890", "0.1000000000000000055", "1.0,", '"<b>ü</b>"'])
      expect(payload).toContain(digits);
    expect(await dialog.innerText()).toContain("1 accepted = 1 stored + 0 duplicates");
    await dialog.getByText("POST /v1/events").waitFor();

    const url = page.url();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.waitForURL((address) => !address.searchParams.has("event"));
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(event.event_id);
    await page.goto(url);
    await dialog.getByText(sent.body.receipt_id).first().waitFor();
  });

  it("is found by an id that can't be in a path, and says if the key may not see the audit", async () => {
    const event = newEvent({ event_id: "a/../b?c", event_type: "odd" });
    await sendEvents(ui.system, [event]);
    const page = await ui.signedIn("events?type=odd", { key: ui.system.stack.apiKey });
    await row(page, "a/../b?c").getByRole("link").click();
    const dialog = page.getByRole("dialog", { name: "Event" });
    await dialog.getByText("A key with the scope audit").waitFor();
    await dialog.getByText("1 accepted = 1 stored").waitFor();
  });

  it("can be repeated with curl, without the key in the text", async () => {
    const page = await ui.signedIn("events?type=sale");
    await page.getByText("This as HTTP").click();
    const text = await page.getByRole("figure", { name: "curl" }).innerText();
    expect(text).toContain("$KEY");
    expect(text).toContain("/v1/events?event_type=sale");
    expect(text).not.toContain("weir_");
  });
});

it("pages through older events, and bounds the rows", async () => {
  const old = Array.from({ length: 120 }, (_, index) =>
    newEvent({ event_type: "older", timestamp: new Date(Date.now() - index * 1_000).toISOString() }),
  );
  await sendEvents(ui.system, old);
  const page = await ui.signedIn("events?type=older");
  await row(page, old[49]?.event_id ?? "").waitFor();
  expect(await ids(page)).toEqual(old.slice(0, 50).map(({ event_id }) => event_id));
  for (const rows of [100, 120]) {
    await page.getByRole("button", { name: "Load more" }).click();
    await row(page, old[rows - 1]?.event_id ?? "").waitFor();
  }
  expect(await ids(page)).toEqual(old.map(({ event_id }) => event_id));
  expect(await page.getByRole("button", { name: "Load more" }).count()).toBe(0);
  await sendEvents(
    ui.system,
    Array.from({ length: 480 }, () => newEvent({ event_type: "older" })),
  );
  await page.getByText("The page keeps 500 events").waitFor();
  expect(await page.locator("tbody tr").count()).toBe(500);
});

/** Sends an event from within the page. @returns milliseconds from its 202 to its row, by the clock of the browser */
function sendAndWait(page: Page, key: string, event: { event_id: string }): Promise<number> {
  return page.evaluate(
    async ([secret, body, id]) => {
      const isShown = (): boolean =>
        [...document.querySelectorAll("tbody th")].some((cell) => cell.textContent === id);
      const shown = new Promise<number>((resolve) => {
        const observer = new MutationObserver(() => {
          if (!isShown()) return;
          observer.disconnect();
          resolve(performance.now());
        });
        observer.observe(document.body, { childList: true, subtree: true });
      });
      const response = await fetch("/v1/events", {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": secret },
        body,
      });
      if (response.status !== 202) throw new Error(`Status ${response.status}`);
      const accepted = performance.now();
      return Math.round((await shown) - accepted);
    },
    [key, JSON.stringify(event), event.event_id] as const,
  );
}
