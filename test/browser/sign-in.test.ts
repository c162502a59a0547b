/** Signing in and out, what the key may do, and what becomes of the key. */
import { describe, expect, it } from "vitest";
import { dashboard, signIn } from "./support/dashboard.ts";

const ui = dashboard();

/** Chromium logs each response with an error. */
const REFUSED = /status of 401/;

describe("signing in", () => {
  it("refuses a wrong key with the problem, its request id and its documentation", async () => {
    const page = await ui.open("/dashboard", { expectedFaults: [REFUSED] });
    await signIn(page, `weir_demo_${"x".repeat(43)}`);
    const alert = page.getByRole("alert");
    await alert.getByText("The API key is unknown").first().waitFor();
    expect(await alert.getByRole("link", { name: "invalid-api-key" }).getAttribute("href")).toBe(
      "/docs/errors/invalid-api-key",
    );
    expect(await alert.innerText()).toMatch(/request [0-9a-f]{8}-/);
    await signIn(page, ui.system.stack.adminKey);
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  });

  it("says so without a call if the text can't be a key", async () => {
    const page = await ui.open("/dashboard");
    await signIn(page, "ключ");
    await page.getByRole("alert").getByText("not an API key").waitFor();
    await signIn(page, "  ");
    await page.getByRole("alert").getByText("Enter an API key").waitFor();
  });

  it("keeps the key for the tab only: not in the URL, not in other storage, not in another tab", async () => {
    const page = await ui.signedIn("overview");
    const { adminKey } = ui.system.stack;
    await page.reload();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    const kept = await page.evaluate(() => ({
      url: location.href,
      cookies: document.cookie,
      local: JSON.stringify({ ...localStorage }),
      text: document.documentElement.outerHTML,
      session: JSON.stringify({ ...sessionStorage }),
    }));
    expect(kept.session).toContain(adminKey);
    for (const place of ["url", "cookies", "local", "text"] as const)
      expect(kept[place]).not.toContain(adminKey);

    const tab = await ui.openTab(page, "/dashboard");
    await tab.getByRole("heading", { name: "Sign in to Weir" }).waitFor();

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in to Weir" }).waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    await page.reload();
    await page.getByRole("heading", { name: "Sign in to Weir" }).waitFor();
  });

  it("goes back to the view of the URL, with its filters", async () => {
    const page = await ui.signedIn("events?type=order.placed");
    await page.getByRole("heading", { name: "Events", level: 1 }).waitFor();
    expect(await page.getByLabel("Type").inputValue()).toBe("order.placed");
  });

  it("works with the keyboard alone, and navigation moves the focus to the heading", async () => {
    const page = await ui.open("/dashboard");
    await page.getByLabel("API key").waitFor();
    expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("key");
    await page.keyboard.type(ui.system.stack.adminKey);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();

    expect(await focused(page)).toBe("Overview");

    await page.reload();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");

    await page.reload();
    await page.getByRole("link", { name: "Events", exact: true }).waitFor();
    for (let i = 0; i < 20 && (await focused(page)) !== "Events"; i++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Events", level: 1 }).waitFor();
    expect(await focused(page)).toBe("Events");
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    expect(await page.title()).toBe("Events · Weir");
    await page.goBack();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    expect(await focused(page)).toBe("Overview");
  });
});

describe("the key's rights", () => {
  it("are shown, and a view that needs another scope names it", async () => {
    const { secret } = await ui.system.newKey("demo", { scopes: ["ingest"] });
    const page = await ui.signedIn("overview", { key: secret });
    await page.getByText("This view needs a key with the scope read").waitFor();
    expect(await page.locator(".who-scopes").innerText()).toBe("ingest");
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Overview");
  });

  it("do not show an administrator's filters to a client", async () => {
    const page = await ui.signedIn("events", { key: ui.system.stack.apiKey });
    await page.getByLabel("Type").waitFor();
    expect(await page.getByLabel("Client").count()).toBe(0);
    expect(await page.locator(".who-scopes").innerText()).toBe("ingest, read");
  });

  it("end with the key: a revoked one leads back to the form, with the reason", async () => {
    const { secret, key_id } = await ui.system.newKey("demo", { scopes: ["read"] });
    const page = await ui.signedIn("overview", { key: secret, expectedFaults: [REFUSED] });
    await page.getByRole("heading", { name: "Every accepted event" }).waitFor();
    await ui.system.api.call("DELETE", `/v1/clients/demo/keys/${key_id}`, { key: ui.system.stack.adminKey });
    await page.getByText("You were signed out").waitFor();
    await page.getByText("The API key was revoked").waitFor();
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  });
});

describe("the page", () => {
  it("says that a view does not exist", async () => {
    const page = await ui.signedIn("nowhere");
    await page.getByRole("heading", { name: "No such view" }).waitFor();
    await page.getByRole("link", { name: "Go to the overview" }).click();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  });

  it("follows the system's theme until the user chooses one, which is remembered", async () => {
    const page = await ui.signedIn("overview", { theme: "dark" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await page.emulateMedia({ colorScheme: "light" });
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.getByLabel("Theme").selectOption("dark");
    expect(await ground()).toBe(dark);
    await page.reload();
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    expect(await ground()).toBe(dark);
  });
});

const focused = (page: Awaited<ReturnType<typeof ui.open>>): Promise<string> =>
  page.evaluate(() => document.activeElement?.textContent ?? "");
