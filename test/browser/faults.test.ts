/** What the page says when the API does not answer, or answers with an error, and how it comes back. */
import { expect, it } from "vitest";
import { dashboard, newEvent, sendEvents } from "./support/dashboard.ts";

const ui = dashboard();

it("says that the API does not answer, and goes on by itself without losing an event", async () => {
  const page = await ui.signedIn("events", { expectedFaults: [/ERR_INTERNET_DISCONNECTED/] });
  await page.getByText("There are no events yet").waitFor();
  await page.context().setOffline(true);
  const missed = newEvent();
  await sendEvents(ui.system, [missed]);
  await page.getByText("The API does not answer. The page tries again").waitFor({ timeout: 60_000 });
  await page.context().setOffline(false);
  await page.getByRole("link", { name: missed.event_id }).waitFor({ timeout: 60_000 });
  await page.getByText("The API does not answer. The page tries again").waitFor({ state: "hidden" });
});

it("keeps the last numbers while the API does not answer", async () => {
  const page = await ui.signedIn("overview", { expectedFaults: [/ERR_INTERNET_DISCONNECTED/] });
  await page.getByText("adds up", { exact: true }).waitFor();
  await page.context().setOffline(true);
  await page.getByText("The API does not answer").first().waitFor({ timeout: 60_000 });
  expect(await page.getByTestId("accepted").count()).toBe(1);
  await page.context().setOffline(false);
  await expect.poll(() => page.getByText("The API does not answer").count(), { timeout: 60_000 }).toBe(0);
});

it("shows a problem with its title, detail, request id and documentation, and tries again on request", async () => {
  const page = await ui.signedIn("events", { expectedFaults: [/status of 503/] });
  await page.route("**/v1/events?**", (route) =>
    route.fulfill({
      status: 503,
      contentType: "application/problem+json",
      headers: { "x-request-id": "01a227ce-0281-7f90-bd23-18838381deb3" },
      json: {
        type: "/docs/errors/database-unavailable",
        title: "The database is unavailable",
        status: 503,
        detail: "Try again later.",
        instance: "urn:uuid:01a227ce-0281-7f90-bd23-18838381deb3",
        code: "database-unavailable",
      },
    }),
  );
  await page.getByLabel("Type").fill("anything");
  await page.keyboard.press("Enter");
  const alert = page.getByRole("alert");
  await alert.getByText("The database is unavailable").waitFor();
  await alert.getByText("Try again later.").waitFor();
  await alert.getByText("01a227ce-0281-7f90-bd23-18838381deb3").waitFor();
  expect(await alert.getByRole("link").getAttribute("href")).toBe("/docs/errors/database-unavailable");
  await page.unroute("**/v1/events?**");
  await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByText("No event matches the filters").waitFor();
  expect(await alert.count()).toBe(0);
});

it("names the parameter that the API refuses", async () => {
  const page = await ui.signedIn("events?where=payload.%5B", { expectedFaults: [/status of 400/] });
  const alert = page.getByRole("alert");
  await alert.getByText("A parameter is invalid").waitFor();
  await alert.getByText("where", { exact: true }).waitFor();
});

it("can't run a script that the page did not come with", async () => {
  const page = await ui.signedIn("overview", { expectedFaults: [/Content.Security.Policy/i] });
  await page.getByText("adds up", { exact: true }).waitFor();
  const ran = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    const remote = await fetch("https://example.com/").then(
      () => "sent",
      () => "refused",
    );
    return [(window as { injected?: boolean }).injected ?? false, remote];
  });
  expect(ran).toEqual([false, "refused"]);
});
