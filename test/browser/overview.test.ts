/** The view Overview, with the demo's data. */
import type { Page } from "playwright-core";
import { beforeAll, expect, it, vi } from "vitest";
import { dashboard, newEvent, sendEvents } from "./support/dashboard.ts";
import { runDemo } from "./support/demo.ts";

const ui = dashboard();
const PARTS = ["accepted", "stored", "duplicates", "quarantined", "pending"] as const;

beforeAll(() => runDemo(ui.system));

const numberOf = async (page: Page, id: string): Promise<number> =>
  Number((await page.getByTestId(id).innerText()).replaceAll(",", ""));
const shownTotals = async (page: Page) =>
  Object.fromEntries(
    await Promise.all(PARTS.map(async (part) => [part, await numberOf(page, part)] as const)),
  );

it("the demo's numbers equal the API's, and add up", async () => {
  const page = await ui.signedIn("overview");
  const answer = await ui.system.get("/v1/pipeline", ui.system.stack.adminKey);
  await page.getByText("adds up", { exact: true }).waitFor();
  const shown = await shownTotals(page);
  expect(shown).toEqual(Object.fromEntries(PARTS.map((part) => [part, answer.body[part]])));
  expect(shown.accepted).toBe(21_707);
  expect(shown.accepted).toBe(
    (shown.stored ?? 0) + (shown.duplicates ?? 0) + (shown.quarantined ?? 0) + (shown.pending ?? 0),
  );

  const latency = await ui.system.get("/v1/analytics/latency", ui.system.stack.adminKey);
  const table = page.getByRole("region", { name: "Time from received to stored" });
  const row = table.getByRole("row").filter({ hasText: "all time" });
  await row.waitFor();
  expect(await row.innerText()).toContain("21,707");
  expect(await row.innerText()).toContain(`${Number(latency.body.p50_ms.toPrecision(3))} ms`);
});

it("the range and the zone choose what the chart shows, as the API counts it", async () => {
  const page = await ui.signedIn("overview?range=30d&tz=Asia%2FKathmandu");
  await page.getByRole("heading", { name: "Events by day" }).waitFor();
  const http = page.locator("section", { has: page.getByRole("heading", { name: "Events by day" }) });
  await http.getByText("This as HTTP").click();
  await http.getByRole("button", { name: "HTTP", exact: true }).click();
  const target =
    /GET (\S+)/.exec(await http.getByRole("figure", { name: "HTTP", exact: true }).innerText())?.[1] ?? "";
  expect(target).toContain("tz=Asia/Kathmandu");
  const series = await ui.system.get(target, ui.system.stack.adminKey);
  const total = series.body.series.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
  expect(total).toBeGreaterThan(1_000);
  await http
    .getByText(`${total.toLocaleString("en-US")} events, by the time in the event`, { exact: true })
    .waitFor();

  await page.getByLabel("Time range").selectOption("1y");
  await page.getByRole("heading", { name: "Events by week" }).waitFor();
  expect(new URL(page.url()).searchParams.get("range")).toBe("1y");
});

it("moves by itself when events are stored, for the chosen client", async () => {
  const page = await ui.signedIn("overview?client=demo");
  await page.getByText("Client demo").waitFor();
  await expect.poll(() => page.getByTestId("rate").innerText(), { timeout: 30_000 }).toBe("0");
  const before = await numberOf(page, "stored");
  await sendEvents(
    ui.system,
    Array.from({ length: 100 }, () => newEvent()),
  );
  await expect.poll(() => numberOf(page, "rate"), { timeout: 30_000 }).toBeGreaterThan(0);
  await expect.poll(() => numberOf(page, "stored"), { timeout: 30_000 }).toBe(before + 100);
  const legend = page.locator("section", { has: page.getByTestId("rate") });
  await legend.getByText("order.placed").first().waitFor({ state: "attached" });

  await page.getByLabel("Client").fill("nobody");
  await page.keyboard.press("Enter");
  await expect.poll(() => numberOf(page, "accepted"), { timeout: 30_000 }).toBe(0);
});

it("shows the health of each server, and its history", async () => {
  const page = await ui.signedIn("overview");
  const health = page.locator("section", { has: page.getByRole("heading", { name: "Health" }) });
  await health.getByText("all servers up").waitFor();
  for (const name of ["PostgreSQL", "Redis", "Queue"])
    await health.getByText(name, { exact: true }).waitFor();
  const { body } = await ui.system.get("/health/history");
  expect(await health.getByRole("figure").innerText()).toMatch(/Last 24 hours: \d+ checks, 0 failed/);
  expect(body.unhealthy).toBe(0);
});

it("asks for nothing while the tab is hidden", async () => {
  const page = await ui.signedIn("overview");
  await page.getByText("adds up", { exact: true }).waitFor();
  const calls: string[] = [];
  page.on("request", (request) => calls.push(request.url()));
  await vi.waitFor(() => expect(calls.length).toBeGreaterThan(0), { timeout: 30_000, interval: 100 });
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  // What is in progress comes to its end: then nothing follows, for longer than two rounds.
  await page.waitForTimeout(1_000);
  calls.length = 0;
  await page.waitForTimeout(5_000);
  expect(calls).toEqual([]);
  await page.evaluate(() => {
    Object.defineProperty(document, "visibilityState", { value: "visible", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await vi.waitFor(() => expect(calls.length).toBeGreaterThan(0), { timeout: 30_000, interval: 100 });
});
