/** The view Quarantine: what PostgreSQL refused, and what becomes of it. */
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { refuseEvents } from "../support/erasures.ts";
import { dashboard, newEvent, sendEvents } from "./support/dashboard.ts";
import { checkEverywhere, depsOf, rowsOf } from "./support/views.ts";

const ui = dashboard();
let deps: Deps;
let poisoned = 0;

/** PostgreSQL refuses these events, but not those of the same requests that are not poisoned. */
async function sendPoison(count: number): Promise<string[]> {
  const events = Array.from({ length: count }, () => {
    poisoned += 1;
    return newEvent({ event_id: `poison-${poisoned}`, payload: { n: poisoned, exact: 0.5 } });
  });
  await sendEvents(ui.system, [...events, newEvent()]);
  return events.map(({ event_id }) => event_id);
}

const cure = () => deps.sql`ALTER TABLE events DISABLE TRIGGER refuse`;
const poison = () => deps.sql`ALTER TABLE events ENABLE TRIGGER refuse`;
const statusOf = async (id: string): Promise<string> =>
  (await ui.system.get(`/v1/events/${id}?client=demo`, ui.system.stack.adminKey)).body.status;
const dialog = (page: Page) => page.getByRole("dialog", { name: "Redrive" });
const confirm = (page: Page) => dialog(page).getByRole("button", { name: "Redrive" }).click();
const EVENTS = "Events in quarantine, newest first";
const REASONS = "Reasons";

beforeAll(async () => {
  deps = depsOf(ui.system);
  await refuseEvents(deps);
});

it("says that nothing is in quarantine", async () => {
  const page = await ui.signedIn("quarantine");
  await page.getByText("Nothing is in quarantine").waitFor();
  expect(await page.getByRole("button", { name: /Redrive/ }).count()).toBe(0);
});

it("needs a key with the scope admin", async () => {
  const page = await ui.signedIn("quarantine", {
    key: ui.system.stack.apiKey,
    expectedFaults: [/status of 40[34]/],
  });
  await page.getByText("This view needs a key with the scope admin").waitFor();
});

describe("refused events", () => {
  it("are counted by reason, and one shows its reason, its detail and its payload", async () => {
    const [id = ""] = await sendPoison(3);
    const page = await ui.signedIn("quarantine");
    await page.getByRole("table", { name: EVENTS }).waitFor();
    const { body } = await ui.system.get("/v1/quarantine", ui.system.stack.adminKey);
    const [{ reason, count }] = body.reasons;
    expect((await rowsOf(page, REASONS)).map((cells) => cells.slice(0, 2))).toEqual([
      [reason, String(count)],
    ]);
    await page.getByRole("button", { name: id, exact: true }).click();
    const panel = page.getByRole("region", { name: "One event" });
    await panel.getByText("not this:").waitFor();
    await panel.getByText('"exact": 0.5').waitFor();
    await page.getByRole("button", { name: reason, exact: true }).click();
    const query = new URL(page.url()).searchParams;
    expect([query.get("reason"), query.get("event")?.startsWith("demo/")]).toEqual([reason, true]);
    await page.reload();
    await panel.getByText("not this:").waitFor();
  });

  it("stay if PostgreSQL still refuses them, and the page says so", async () => {
    const [id = ""] = await sendPoison(1);
    const page = await ui.signedIn("quarantine");
    await page.getByRole("button", { name: id, exact: true }).click();
    await page.getByRole("button", { name: "Redrive this event" }).click();
    await dialog(page).getByText(`The event ${id} will go through the queue again`).waitFor();
    await confirm(page);
    await dialog(page).getByText("Still in quarantine: 1 event").waitFor();
    expect(await statusOf(id)).toBe("quarantined");
    await dialog(page).getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("button", { name: id, exact: true }).waitFor();
  });

  it("are not redriven if the user cancels", async () => {
    const page = await ui.signedIn("quarantine");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await page.getByRole("button", { name: "Redrive all reasons" }).click();
    await dialog(page).waitFor();
    await page.keyboard.press("Escape");
    await dialog(page).waitFor({ state: "hidden" });
    expect(asked).not.toContain("POST /v1/quarantine/redrive");
  });

  it("are stored, one by itself and then all, once the reason is mended", async () => {
    const [one = "", ...others] = await sendPoison(3);
    await cure();
    const page = await ui.signedIn("quarantine");
    await page.getByRole("button", { name: one, exact: true }).click();
    await page.getByRole("button", { name: "Redrive this event" }).click();
    await confirm(page);
    await dialog(page).getByText("None of them is in quarantine any more").waitFor();
    expect(await statusOf(one)).toBe("stored");
    expect(await statusOf(others[0] ?? "")).toBe("quarantined");
    await dialog(page).getByRole("button", { name: "Close" }).last().click();
    await page.getByText("This event is not in quarantine").waitFor();

    await page.getByRole("button", { name: /^Redrive all with the reason/ }).click();
    await dialog(page)
      .getByText(/^All \d+ events with the reason/)
      .waitFor();
    await confirm(page);
    await dialog(page).getByText("None of them is in quarantine any more").waitFor();
    await dialog(page).getByRole("button", { name: "Close" }).last().click();
    await page.getByText("Nothing is in quarantine").waitFor();
    expect(await Promise.all(others.map(statusOf))).toEqual(["stored", "stored"]);
    await poison();
  });
});

it("is accessible in both themes and on a phone, with an event and the dialog", async () => {
  const [id = ""] = await sendPoison(2);
  await checkEverywhere(ui, "quarantine", async (page) => {
    await page.getByRole("button", { name: id, exact: true }).click();
    await page.getByRole("region", { name: "One event" }).waitFor();
  });
  await checkEverywhere(ui, "quarantine", async (page) => {
    await page.getByRole("button", { name: "Redrive all reasons" }).click();
    await dialog(page).waitFor();
  });
});
