/** The view Explore on the demo's data: every number it shows is the API's. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { dashboard } from "./support/dashboard.ts";
import { runDemo } from "./support/demo.ts";
import { checkEverywhere, rowsOf, tabTo } from "./support/views.ts";

const ui = dashboard();
beforeAll(() => runDemo(ui.system));

const TABLE = "Answer as a table";
const figure = (page: Page): Promise<string> => page.locator(".figure strong").innerText();
const answer = (page: Page) => page.getByRole("region", { name: "Answer" });
const openTable = (page: Page) =>
  answer(page)
    .getByText(/^Table \(/)
    .click();

/** Does something, and asks the API what the page then asked. @param call a part of the call's path */
async function asked(page: Page, call: string, act: () => Promise<unknown>) {
  const [request] = await Promise.all([
    page.waitForRequest((one) => new URL(one.url()).pathname === `/v1/analytics/${call}`),
    act(),
  ]);
  const { pathname, search, searchParams } = new URL(request.url());
  const { body } = await ui.system.get(pathname + search, ui.system.stack.adminKey);
  return { body, query: searchParams };
}

const grouped = (count: number): string => count.toLocaleString("en-US");

describe("a range", () => {
  it.each([
    ["15m", 15],
    ["1h", 60],
    ["6h", 360],
    ["24h", 1_440],
    ["7d", 10_080],
    ["30d", 43_200],
    ["90d", 129_600],
    ["1y", 525_600],
  ])("%s has the number of events that the API counts", async (range, minutes) => {
    const page = await ui.signedIn("overview");
    const { body, query } = await asked(page, "count", () =>
      page.goto(`${ui.system.stack.url}/dashboard/explore?measure=count&range=${range}`),
    );
    await expect.poll(() => figure(page)).toBe(grouped(body.count));
    const [start = "", end = ""] = [query.get("start"), query.get("end")].map((time) => time ?? "");
    expect(Date.parse(end) - Date.parse(start)).toBe(minutes * 60_000);
    expect(Date.parse(end) % 60_000).toBe(0);
  });

  it("of a year has all events, by type", async () => {
    const page = await ui.signedIn("explore?measure=count&range=1y&by=event_type");
    await page.getByRole("table", { name: TABLE }).waitFor();
    expect(await rowsOf(page, TABLE)).toEqual([
      ["flight", "20,000", ""],
      ["earthquake", "1,707", ""],
    ]);
    expect(await figure(page)).toBe("21,707");
  });

  it.each(["Europe/Berlin", "Asia/Kathmandu", "America/New_York", "+05:30"])(
    "is cut into the days of %s, as the API cuts it",
    async (zone) => {
      const page = await ui.signedIn("overview");
      const tz = encodeURIComponent(zone);
      const { query } = await asked(page, "series", () =>
        page.goto(`${ui.system.stack.url}/dashboard/explore?range=30d&interval=day&tz=${tz}`),
      );
      const { body } = await ui.system.get(
        `/v1/analytics/series?interval=day&tz=${tz}&start=${query.get("start")}&end=${query.get("end")}`,
        ui.system.stack.adminKey,
      );
      await openTable(page);
      const shown = await rowsOf(page, TABLE);
      const buckets: { bucket: string; count: number }[] = body.series;
      expect(shown.length).toBeGreaterThanOrEqual(31);
      expect(shown).toEqual(
        buckets.map(({ bucket, count }) => [
          bucket.replace("T", " ").replace(/(\d\d:\d\d):00/, "$1 "),
          grouped(count),
        ]),
      );
      expect(buckets[1]?.bucket).toContain("T00:00:00");
      expect(await figure(page)).toBe(grouped(buckets.reduce((sum, { count }) => sum + count, 0)));
    },
  );

  it("is changed in the form, and each change is in the URL and in the history", async () => {
    const page = await ui.signedIn("explore");
    await page.waitForURL(/tz=Europe/);
    await page.getByLabel("Time range").selectOption("90d");
    await page.getByLabel("Interval").selectOption("month");
    await page.getByLabel(/^By/).selectOption("event_type");
    const query = new URL(page.url()).searchParams;
    expect([query.get("range"), query.get("interval"), query.get("by")]).toEqual([
      "90d",
      "month",
      "event_type",
    ]);
    await answer(page).getByText("by month").first().waitFor();
    await page.goBack();
    await page.goBack();
    expect(await page.getByLabel("Interval").inputValue()).toBe("day");
    expect(await page.getByLabel("Time range").inputValue()).toBe("90d");
  });
});

describe("the answer", () => {
  it("is the same in the table, in the CSV and over curl", async () => {
    const page = await ui.signedIn("explore?range=90d&interval=week&by=event_type&tz=Asia/Tokyo");
    await openTable(page);
    const shown = await rowsOf(page, TABLE);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save as CSV" }).click(),
    ]);
    const [header, ...lines] = (await readFile(await download.path(), "utf8")).trimEnd().split("\r\n");
    expect(header).toBe("bucket,event_type,count");
    const cells = lines.map((line) => line.split(","));
    expect(cells.map(([bucket = "", type, count]) => [bucket.slice(0, 10), type, count])).toEqual(
      shown.map(([bucket = "", type, count]) => [bucket.slice(0, 10), type, count?.replaceAll(",", "")]),
    );

    await page.getByText("This as HTTP").click();
    const command = await page.getByRole("figure", { name: "curl" }).locator("code").innerText();
    const { stdout } = await promisify(execFile)("sh", ["-c", `${command} --silent`], {
      env: { ...process.env, KEY: ui.system.stack.adminKey },
    });
    const { series } = JSON.parse(stdout) as {
      series: { bucket: string; event_type: string; count: number }[];
    };
    expect(series.map((one) => [one.bucket, one.event_type, String(one.count)])).toEqual(cells);
  });

  it("to a question without events says so", async () => {
    const page = await ui.signedIn("explore?measure=top&property=payload.nothing");
    await page.getByText("No such events in this range").waitFor();
    expect(await page.getByRole("button", { name: "Save as CSV" }).isDisabled()).toBe(true);
  });

  it("has the most frequent values, and a value becomes a condition", async () => {
    const page = await ui.signedIn("overview");
    const { body } = await asked(page, "top", () =>
      page.goto(
        `${ui.system.stack.url}/dashboard/explore?measure=top&property=payload.origin&type=flight&range=1y&where=payload.delay%3E60`,
      ),
    );
    await page.getByRole("table", { name: TABLE }).waitFor();
    const values: { value: string; count: number }[] = body.values;
    expect((await rowsOf(page, TABLE)).map(([value, count]) => [value, count])).toEqual(
      values.map(({ value, count }) => [value, grouped(count)]),
    );
    await page.getByRole("button", { name: "DFW" }).click();
    await answer(page).getByText("events have the property").waitFor();
    await expect.poll(() => figure(page)).toBe("77");
    expect(new URL(page.url()).searchParams.getAll("where")).toEqual([
      "payload.delay>60",
      "payload.origin=DFW",
    ]);
  });

  it("has the different values of a property", async () => {
    const page = await ui.signedIn(
      "explore?measure=uniques&property=payload.destination&type=flight&range=1y",
    );
    await answer(page).getByText("different values, exactly").waitFor();
    expect(await figure(page)).toBe("223");
  });

  it("has the steps of a funnel that was filled in by hand", async () => {
    const page = await ui.signedIn("explore?range=1y");
    await page.getByRole("button", { name: "Funnel" }).click();
    await page.getByText("Enter the property that connects the steps").waitFor();
    await page.getByLabel("Connected by").fill("payload.origin");
    await page.keyboard.press("Enter");
    for (const [step, delay] of [15, 60].entries()) {
      const fields = page.getByRole("listitem").filter({ hasText: `Step ${step + 1}: event type` });
      await fields.getByLabel(`Step ${step + 1}: event type`).fill("flight");
      await page.keyboard.press("Tab");
      const conditions = page.getByRole("form", { name: `Step ${step + 1}: conditions` });
      await conditions
        .getByLabel(`Step ${step + 1}: conditions`)
        .first()
        .fill("delay");
      await conditions.getByLabel("Operator").selectOption(">=");
      await conditions.getByLabel("Value").fill(String(delay));
      await conditions.getByRole("button", { name: "Add" }).click();
    }
    const table = () => rowsOf(page, TABLE);
    await expect.poll(table).toEqual([
      ["1", "flight", "payload.delay>=15", "175", "100%", "100%", ""],
      ["2", "flight", "payload.delay>=60", "62", "35.4%", "35.4%", ""],
    ]);
    await page.reload();
    await page.getByRole("table", { name: TABLE }).waitFor();
    expect(await page.getByLabel("Step 2: event type").inputValue()).toBe("flight");
  });
});

describe("a condition", () => {
  it("is added, edited and removed, and a wrong one is explained", async () => {
    const page = await ui.signedIn("explore?measure=count&range=1y&type=earthquake");
    const form = page.getByRole("form", { name: "Conditions on the payload" });
    const add = async (property: string, operator: string, value: string): Promise<void> => {
      await form.getByLabel("Conditions on the payload").first().fill(property);
      await form.getByLabel("Operator").selectOption(operator);
      await form.getByLabel("Value").fill(value);
      await page.keyboard.press("Enter");
    };
    await add("payload.mag", ">=", "true");
    await form.getByRole("alert").getByText("only numbers and strings have an order").waitFor();
    await add("mag", ">=", "6");
    await form.getByRole("button", { name: "Remove payload.mag>=6" }).waitFor();
    await expect.poll(() => figure(page)).toBe("5");
    await form.getByText("payload.mag>=6").click();
    await form.getByLabel("Value").fill("5.5");
    await page.keyboard.press("Enter");
    await form.getByRole("button", { name: "Remove payload.mag>=5.5" }).click();
    await expect.poll(() => figure(page)).toBe("1,707");
  });
});

describe("a question that the API refuses", () => {
  it("is explained, and a cheaper one is a click away", async () => {
    const page = await ui.signedIn("overview", { expectedFaults: [/status of 422/] });
    const problem = {
      type: "/docs/errors/query-too-broad",
      title: "The query takes too long",
      status: 422,
      detail: "The query takes too long. Bring start and end closer together.",
      instance: "urn:uuid:01a20756-1962-71bb-935b-622ad56f979f",
      code: "query-too-broad",
    };
    await page.route(/analytics\/series/, (route) =>
      route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify(problem) }),
    );
    await page.goto(`${ui.system.stack.url}/dashboard/explore?range=1y&where=payload.delay`);
    await page.getByRole("alert").getByText(problem.detail).waitFor();
    await page.getByRole("button", { name: "Last 30 days" }).waitFor();
    await page.unroute(/analytics\/series/);
    await page.getByRole("button", { name: "Remove the conditions" }).click();
    await expect.poll(() => figure(page)).toBe("21,707");
    expect(new URL(page.url()).searchParams.has("where")).toBe(false);
  });

  it("for a parameter shows which", async () => {
    const page = await ui.signedIn("explore?client=", { expectedFaults: [/status of 400/] });
    await page.goto(`${ui.system.stack.url}/dashboard/explore?client=${"x".repeat(40)}`);
    await page.getByRole("alert").getByText("Invalid parameter: client.").waitFor();
  });
});

it("waits for the API while it can't be reached, then goes on by itself", async () => {
  const page = await ui.signedIn("overview", { expectedFaults: [/ERR_FAILED/] });
  await page.route(/\/v1\/|\/health/, (route) => route.abort());
  await page.getByRole("link", { name: "Explore", exact: true }).click();
  await answer(page).getByText("The API does not answer").waitFor();
  await page.unroute(/\/v1\/|\/health/);
  await answer(page).getByText("events shown").waitFor();
});

it("asks about a part of the chart that is selected with the mouse", async () => {
  const page = await ui.signedIn("explore?range=90d&type=flight");
  const box = await page.locator(".chart .u-over").boundingBox();
  if (!box) throw new Error("There is no chart.");
  const [y, from, to] = [box.y + box.height / 2, box.x + box.width * 0.4, box.x + box.width * 0.6];
  await page.mouse.move(from, y);
  await page.mouse.down();
  await page.mouse.move(to, y, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/start=.*end=/);
  const query = new URL(page.url()).searchParams;
  const days = (Date.parse(query.get("end") ?? "") - Date.parse(query.get("start") ?? "")) / 86_400_000;
  expect(Math.round(days)).toBe(18);
  expect(await page.getByLabel("Time range").inputValue()).toBe("custom");
});

it("can be used with the keyboard alone", async () => {
  const page = await ui.signedIn("explore?range=1y");
  await page.getByRole("heading", { name: "Explore", level: 1 }).focus();
  await tabTo(page, "Most frequent values");
  await page.keyboard.press("Enter");
  await tabTo(page, "Property");
  await page.keyboard.type("payload.origin");
  await page.keyboard.press("Enter");
  await tabTo(page, "Conditions on the payload");
  await page.keyboard.type("delay");
  await tabTo(page, "Operator");
  await page.keyboard.type("more");
  await tabTo(page, "Value");
  await page.keyboard.type("60");
  await page.keyboard.press("Enter");
  await page.getByRole("table", { name: TABLE }).waitFor();
  // The table of the question without the condition is there until the answer comes.
  await expect.poll(async () => (await rowsOf(page, TABLE))[0]?.slice(0, 2)).toEqual(["DFW", "77"]);
});

it.each([
  "explore?range=90d&by=event_type",
  "explore?range=90d&measure=top&property=payload.origin&where=payload.delay%3E60",
  "explore?range=90d&measure=funnel&property=payload.origin&step=flight&step=flight",
])("is accessible in both themes and on a phone: %s", (view) =>
  checkEverywhere(ui, view, async (page) => {
    await answer(page).getByText("Counted from").waitFor();
    await page.getByText("This as HTTP").click();
    if (view.includes("by=")) await openTable(page);
  }),
);
