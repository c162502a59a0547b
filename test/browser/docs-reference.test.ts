/** The API reference in Chromium: it loads, a request can be tried with a key, and no other host is called. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { expectAccessible, expectNoSidewaysScroll } from "./support/axe.ts";
import { dashboard, newEvent, type PageOptions, PHONE, sendEvents } from "./support/dashboard.ts";

const ui = dashboard();

beforeAll(() => sendEvents(ui.system, [newEvent()]));

/** Faults of Scalar 1.76: buttons within buttons of its parameters, and text fields with the role of a combobox. */
const EXCEPTIONS = ["nested-interactive", "aria-required-attr"];

/** Opens the reference, and collects the hosts that the browser asks for anything. */
async function reference(options: PageOptions = {}): Promise<{ page: Page; hosts: Set<string> }> {
  const page = await ui.open("/docs", options);
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  page.on("websocket", (socket) => hosts.add(new URL(socket.url()).host));
  await page.goto(`${ui.system.stack.url}/docs/api`);
  await page.getByRole("heading", { level: 1, name: "Weir" }).waitFor();
  return { page, hosts };
}

const own = (): string[] => [new URL(ui.system.stack.url).host];

it("shows every operation of the OpenAPI document, and calls no other host", async () => {
  const { page, hosts } = await reference();
  await page.getByRole("link", { name: "Get totals and the state of the queue" }).first().click();
  await page.getByRole("heading", { name: "Get totals and the state of the queue" }).waitFor();
  for (const tag of ["Analytics", "Audit", "Clients", "Models"]) {
    await page.getByRole("button", { name: `Open Group - ${tag}` }).click();
    await page.getByRole("button", { name: `Close Group - ${tag}` }).waitFor();
  }
  await page.getByRole("link", { name: "Create a client", exact: false }).first().click();
  await page.getByRole("heading", { name: "Create a client" }).waitFor();
  await page.mouse.wheel(0, 50_000);
  await page.waitForLoadState("networkidle");
  expect([...hosts]).toEqual(own());
  expect(await page.getByText(/Ask AI|Generate SDKs|Generate MCP|Open API Client/).count()).toBe(0);
  expect(await page.locator("h1").count()).toBe(1);
  expect(await page.locator("main").count()).toBe(1);
});

it("lets a reader try a request with a key, and keeps the key nowhere", async () => {
  const { page, hosts } = await reference();
  await page.getByRole("link", { name: "Get totals and the state of the queue" }).first().click();
  await page.getByRole("button", { name: /Test Request.*\/v1\/pipeline/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.locator("input.scalar-password-input").fill(ui.system.stack.apiKey);
  const answered = page.waitForResponse((response) => response.url().includes("/v1/pipeline"));
  await dialog.getByRole("button", { name: /^Send/ }).first().click();
  const response = await answered;
  expect(response.status()).toBe(200);
  expect(new URL(response.url()).pathname).toBe("/v1/pipeline");
  expect(response.request().headers()["x-api-key"]).toBe(ui.system.stack.apiKey);
  await dialog.getByText("200 OK").first().waitFor();
  expect([...hosts]).toEqual(own());
  const kept = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  );
  expect(kept).not.toContain(ui.system.stack.apiKey);
});

it("follows the theme when it is switched", async () => {
  const { page } = await reference({ theme: "light" });
  const color = () => page.getByRole("heading", { level: 1 }).evaluate((one) => getComputedStyle(one).color);
  const before = await color();
  await page.getByRole("combobox", { name: "Theme" }).selectOption("dark");
  await page.locator("body.dark-mode:not(.light-mode)").waitFor();
  expect(await color()).not.toBe(before);
});

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  it("is accessible", async () => {
    const { page } = await reference({ theme });
    await expectAccessible(page, EXCEPTIONS);
  });

  it("is accessible on a phone, and does not scroll sideways", async () => {
    const { page } = await reference({ theme, ...PHONE });
    await expectAccessible(page, EXCEPTIONS);
    await expectNoSidewaysScroll(page);
  });
});
