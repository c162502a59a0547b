/** The view Clients and keys: everything it does is tried with the keys themselves. */
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { dashboard } from "./support/dashboard.ts";
import { checkEverywhere, rowsOf, tabTo } from "./support/views.ts";

const ui = dashboard();
/** One call with a key; what the system answers. */
const tried = async (key: string): Promise<[status: number, code: string | undefined]> => {
  const { status, body } = await ui.system.get("/v1/pipeline", key);
  return [status, body.code];
};
const ACCEPTED = [200, undefined];
const REVOKED = [401, "revoked-api-key"];

const dialog = (page: Page) => page.getByRole("dialog");
const secretIn = (page: Page): Promise<string> => dialog(page).getByLabel("API key").inputValue();
const keysOf = async (client: string): Promise<{ prefix: string; revoked_at: string | null }[]> =>
  (await ui.system.get(`/v1/clients/${client}/keys`, ui.system.stack.adminKey)).body.keys;
let lastClient = 0;
const newClient = (): Promise<string> => {
  lastClient += 1;
  return ui.system.newClient({ client_id: `browser-${lastClient}`, name: `Browser ${lastClient}` });
};

describe("a client", () => {
  it("is created, with an id and limits of the user's choice, and changed", async () => {
    const page = await ui.signedIn("clients", { expectedFaults: [/status of 409/] });
    const create = async (id: string): Promise<void> => {
      await page.getByRole("button", { name: "Create a client" }).click();
      await dialog(page).getByLabel("Name").fill("Shop");
      await dialog(page).getByLabel("Events per second").fill("7");
      await dialog(page).getByLabel("Events at once").fill("70");
      await dialog(page).getByLabel("Id (optional").fill(id);
      await dialog(page).getByRole("button", { name: "Create" }).click();
    };
    await create("shop");
    await page.getByRole("heading", { name: "Client shop" }).waitFor();
    const read = async () => (await ui.system.get("/v1/clients/shop", ui.system.stack.adminKey)).body;
    expect(await read()).toMatchObject({ name: "Shop", rate_limit_per_second: 7, burst: 70, active: true });

    const limits = page.getByRole("form", { name: "Limits" });
    await limits.getByLabel("Events per second").fill("9");
    await limits.getByLabel("Active").uncheck();
    await limits.getByRole("button", { name: "Save the changes" }).click();
    await page.getByText("The client shop was changed.").waitFor();
    expect(await read()).toMatchObject({ name: "Shop", rate_limit_per_second: 9, burst: 70, active: false });
    await page.getByRole("table", { name: "Clients" }).getByText("Inactive").waitFor();

    await create("shop");
    await dialog(page).getByRole("alert").getByText("conflict").waitFor();
  });

  it("is refused by the form before the API if a limit is impossible", async () => {
    const page = await ui.signedIn("clients");
    await page.getByRole("button", { name: "Create a client" }).click();
    await dialog(page).getByLabel("Name").fill("Nobody");
    await dialog(page).getByLabel("Events per second").fill("0");
    await dialog(page).getByRole("button", { name: "Create" }).click();
    expect(await dialog(page).locator("input:invalid").count()).toBe(1);
    expect((await rowsOf(page, "Clients")).map((cells) => cells[1])).not.toContain("Nobody");
  });

  it("is found on a later page", async () => {
    for (let n = 0; n < 55; n++)
      await ui.system.newClient({ client_id: `many-${String(n).padStart(2, "0")}`, name: "Many" });
    const page = await ui.signedIn("clients");
    await page.getByRole("button", { name: "Load more" }).click();
    await expect.poll(async () => (await rowsOf(page, "Clients")).length).toBeGreaterThan(55);
    const { body } = await ui.system.get("/v1/clients?limit=1000", ui.system.stack.adminKey);
    expect((await rowsOf(page, "Clients")).map(([id]) => id)).toEqual(
      body.clients.map(({ client_id }: { client_id: string }) => client_id),
    );
  });
});

describe("a key", () => {
  it("is created with scopes and an expiry, its secret shown once, and revoked", async () => {
    const client = await newClient();
    const page = await ui.signedIn(`clients?client=${client}`);
    await page.getByText("The client has no keys").waitFor();
    await page.getByRole("button", { name: "Create a key" }).click();
    await dialog(page).getByLabel("ingest").uncheck();
    await dialog(page).getByRole("button", { name: "Create the key" }).click();
    await dialog(page).getByText("Choose at least one scope.").waitFor();
    await dialog(page).getByLabel("read: ").check();
    await dialog(page).getByLabel("Expiry").selectOption("30");
    await dialog(page).getByRole("button", { name: "Create the key" }).click();
    await dialog(page).getByText("It is not shown again").waitFor();
    const secret = await secretIn(page);
    expect(await tried(secret)).toEqual(ACCEPTED);
    await dialog(page).getByRole("button", { name: "I have stored it" }).click();
    await dialog(page).waitFor({ state: "hidden" });
    expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain(secret);
    const [[prefix = "", scopes, state, expires = ""] = []] = await rowsOf(page, "Keys");
    expect(secret.startsWith(prefix.slice(0, -1))).toBe(true);
    expect([scopes, state]).toEqual(["read", "Active"]);
    const days = (Date.parse(`${expires.replace(" ", "T")}Z`) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(30);

    await page.getByRole("button", { name: /^Revoke/ }).click();
    await dialog(page).getByText(`The next call with the key ${prefix}`).waitFor();
    await dialog(page).getByRole("button", { name: "Cancel" }).click();
    expect(await tried(secret)).toEqual(ACCEPTED);
    await page.getByRole("button", { name: /^Revoke/ }).click();
    await dialog(page).getByRole("button", { name: "Revoke the key" }).click();
    await page.getByText("was revoked.").waitFor();
    expect(await tried(secret)).toEqual(REVOKED);
    await page.getByRole("table", { name: "Keys" }).getByText("Revoked").waitFor();
    expect(await page.getByRole("button", { name: /^Revoke/ }).count()).toBe(0);
  });

  it("is rotated: both are accepted until the old one is revoked", async () => {
    const client = await newClient();
    const { secret: old } = await ui.system.newKey(client, { scopes: ["read", "audit"] });
    const page = await ui.signedIn(`clients?client=${client}`);
    await page.getByRole("button", { name: /^Rotate/ }).click();
    expect(await dialog(page).getByLabel("audit: ").isChecked()).toBe(true);
    await dialog(page).getByRole("button", { name: "Create the key" }).click();
    const fresh = await secretIn(page);
    expect([await tried(old), await tried(fresh)]).toEqual([ACCEPTED, ACCEPTED]);
    const revoke = dialog(page).getByRole("button", { name: "Revoke the old key" });
    expect(await revoke.isDisabled()).toBe(true);
    await dialog(page).getByLabel("The new key is in use").check();
    await revoke.click();
    await page.getByText("was replaced and revoked.").waitFor();
    expect([await tried(old), await tried(fresh)]).toEqual([REVOKED, ACCEPTED]);
    const keys = await keysOf(client);
    expect(keys.map(({ revoked_at }) => revoked_at !== null)).toEqual([true, false]);
  });

  it("with which the user is signed in is revoked only after a warning", async () => {
    const client = await newClient();
    const { secret } = await ui.system.newKey(client, { scopes: ["admin"] });
    const page = await ui.signedIn(`clients?client=${client}`, {
      key: secret,
      expectedFaults: [/status of 401/],
    });
    await page.getByRole("button", { name: /^Revoke/ }).click();
    await dialog(page).getByText("You are signed in with this key").waitFor();
    await dialog(page).getByRole("button", { name: "Revoke the key" }).click();
    await page.getByText("You were signed out").waitFor();
    expect(await tried(secret)).toEqual(REVOKED);
  });

  it("is created and revoked with the keyboard alone", async () => {
    const client = await newClient();
    const page = await ui.signedIn(`clients?client=${client}`);
    await page.getByText("The client has no keys").waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toContain(client);
    await tabTo(page, "Create a key");
    await page.keyboard.press("Enter");
    await dialog(page).waitFor();
    await tabTo(page, "read: Read and count the client's events, and follow them as they arrive.");
    await page.keyboard.press("Space");
    await tabTo(page, "Create the key");
    await page.keyboard.press("Enter");
    await dialog(page).getByLabel("API key").waitFor();
    const secret = await secretIn(page);
    expect(await tried(secret)).toEqual(ACCEPTED);
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "hidden" });
    const [{ prefix } = { prefix: "" }] = await keysOf(client);
    await tabTo(page, `Revoke ${prefix}`);
    await page.keyboard.press("Enter");
    await dialog(page).waitFor();
    await tabTo(page, "Revoke the key");
    await page.keyboard.press("Enter");
    await page.getByText("was revoked.").waitFor();
    expect(await tried(secret)).toEqual(REVOKED);
  });
});

it("needs a key with the scope admin", async () => {
  const page = await ui.signedIn("clients", {
    key: ui.system.stack.apiKey,
    expectedFaults: [/status of 40[34]/],
  });
  await page.getByText("This view needs a key with the scope admin").waitFor();
});

it("is accessible in both themes and on a phone, with keys and each dialog", async () => {
  const client = await newClient();
  await ui.system.newKey(client, { scopes: ["read"] });
  for (const name of [/^Create a client/, /^Create a key/, /^Rotate/, /^Revoke/])
    await checkEverywhere(ui, `clients?client=${client}`, async (page) => {
      await page.getByRole("table", { name: "Keys" }).waitFor();
      await page.getByRole("button", { name }).click();
      await dialog(page).waitFor();
    });
});
