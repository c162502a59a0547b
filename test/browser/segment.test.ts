/** Segment's SDK for pages, in Chromium, on a page of another origin than the system's. Through failures: segment-through-faults.test.ts. */
import type { AnalyticsBrowser } from "@segment/analytics-next";
import type { Browser, Page, Request } from "playwright-core";
import postgres from "postgres";
import { beforeAll, expect, it } from "vitest";
import { atEnd } from "../support/cleanup.ts";
import { blocksOf, fillIn } from "../support/docs-blocks.ts";
import { type System, testSystem } from "../support/servers/system.ts";
import { behindProxy } from "../support/servers/tcp-proxy.ts";
import { launch } from "./support/chromium.ts";
import { otherSite } from "./support/other-site.ts";

declare global {
  interface Window {
    sdk: { AnalyticsBrowser: typeof AnalyticsBrowser };
    analytics: AnalyticsBrowser;
  }
}

/** The page has the published SDK. */
const SDK = `export { AnalyticsBrowser } from "@segment/analytics-next";`;
let system: System;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  [system, browser, origin] = await Promise.all([testSystem(), launch(), otherSite(SDK)]);
  atEnd(() => browser.close());
});

async function aClient(settings: object) {
  const id = await system.newClient({ name: "page", ...settings });
  const { secret } = await system.newKey(id, { scopes: ["ingest"] });
  const sql = postgres(system.stack.databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  return {
    secret,
    stored: async () =>
      (
        await sql`SELECT event_id, event_type, payload::text FROM events WHERE client_id = ${id} ORDER BY event_id`
      ).map(({ event_id, event_type, payload }) => ({ event_id, event_type, payload: JSON.parse(payload) })),
    settled: () =>
      expect
        .poll(async () => (await system.get(`/v1/pipeline?client=${id}`, system.stack.adminKey)).body, {
          timeout: 60_000,
        })
        .toMatchObject({ pending: 0 }),
  };
}

/** Opens the page and loads the SDK as its documentation says. */
async function open(writeKey: string, strategy?: "batching"): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin);
  const settings = { writeKey, cdnURL: system.stack.url };
  const integrations = strategy && {
    "Segment.io": { deliveryStrategy: { strategy, config: { size: 5, timeout: 200 } } },
  };
  await page.evaluate(
    ([load, options]) => {
      window.analytics = window.sdk.AnalyticsBrowser.load(load, options);
    },
    [settings, { ...(integrations && { integrations }) }] as const,
  );
  return page;
}

/** Makes a call of each type. @returns when the SDK considers all of them delivered */
const callAll = (page: Page): Promise<void> =>
  page.evaluate(async () => {
    const { analytics } = window;
    await analytics.page("Home");
    await analytics.identify("user-1", { plan: "free" });
    await analytics.track("Order Completed", { total: 12.5 });
    await analytics.group("group-1");
    await analytics.screen("Cart");
    await analytics.alias("user-2", "user-1");
  });
const TYPES = ["alias", "group", "identify", "page", "screen", "track:Order Completed"];

it.each([["standard"], ["batching"]])(
  "each call is stored once though it is sent ten times: %s",
  async (strategy) => {
    const client = await aClient({ origins: [origin] });
    const page = await open(client.secret, strategy === "batching" ? strategy : undefined);
    const sent: Request[] = [];
    page.on("request", (request) => {
      if (request.method() === "POST") sent.push(request);
    });
    await callAll(page);
    await expect.poll(client.stored, { timeout: 30_000 }).toHaveLength(TYPES.length);
    const again = sent.map((request) => ({
      url: request.url(),
      body: request.postData() ?? "",
      headers: { authorization: request.headers().authorization ?? "", "content-type": "text/plain" },
    }));
    const answers = await page.evaluate(async (requests) => {
      const found: unknown[] = [];
      for (let n = 1; n < 10; n++)
        for (const { url, ...request } of requests) {
          const response = await fetch(url, { method: "POST", ...request });
          found.push([response.status, await response.json()]);
        }
      return found;
    }, again);
    expect(answers).toHaveLength(9 * again.length);
    for (const answer of answers) expect(answer).toEqual([200, { success: true }]);
    await client.settled();
    const stored = await client.stored();
    expect(stored.map(({ event_type }) => event_type).toSorted()).toEqual(TYPES);
    expect(stored.find(({ event_type }) => event_type === "page")?.payload).toMatchObject({
      name: "Home",
      context: { page: { title: "Shop" }, userAgent: expect.stringContaining("Chrome") },
    });
    await page.close();
  },
);

it("a page of an origin that the client does not allow can't send", async () => {
  const client = await aClient({ origins: ["https://shop.example"] });
  const page = await open(client.secret);
  const refused = page.waitForResponse((response) => response.url().endsWith("/settings"));
  await page.evaluate(() => void window.analytics.track("Clicked"));
  expect(await (await refused).json()).toMatchObject({ code: "origin-not-allowed" });
  const answer = await page.evaluate(
    async ([url, key]) => {
      const body = JSON.stringify({ writeKey: key, userId: "u", event: "Clicked" });
      const response = await fetch(`${url}/v1/t`, { method: "POST", body });
      return [response.status, (await response.json()).code];
    },
    [system.stack.url, client.secret] as const,
  );
  expect(answer).toEqual([403, "origin-not-allowed"]);
  await client.settled();
  expect(await client.stored()).toEqual([]);
  await page.close();
});

it.each([
  ["asks for its settings", -2],
  ["brings its settings", -1],
])("the page of docs/segment.md that %s sends", async (_, index) => {
  const code = (await blocksOf("segment")).at(index)?.code ?? "";
  const client = await aClient({ origins: ["*"] });
  const { url, proxy } = await behindProxy(system.stack.url);
  const site = await otherSite(
    fillIn(code, {
      "weir_demo_…": client.secret,
      ...(index === -2
        ? { "https://weir.example": new URL(url).origin }
        : { "weir.example": new URL(url).host, '"https"': '"http"' }),
    }),
  );
  const page = await browser.newPage();
  const calls: string[] = [];
  page.on("request", (request) => calls.push(new URL(request.url()).origin));
  await page.goto(site);
  await expect.poll(client.stored).toMatchObject([{ event_type: "page", payload: { type: "page" } }]);
  expect([...new Set(calls)]).toEqual([site, new URL(url).origin]);
  await expect.poll(() => proxy.answers(200)).toBe(-index);
  await page.close();
});

it("a page that brings its settings keeps its calls while the API is away, from its first view on", async () => {
  const client = await aClient({ origins: ["*"] });
  const { url, proxy } = await behindProxy(system.stack.url);
  proxy.leave();
  const page = await browser.newPage();
  await page.goto(origin);
  const failed = page.waitForEvent("requestfailed");
  const destination = {
    apiKey: client.secret,
    apiHost: `${new URL(url).host}/v1`,
    protocol: "http" as const,
  };
  await page.evaluate((segment) => {
    const cdnSettings = { integrations: { "Segment.io": segment } };
    window.analytics = window.sdk.AnalyticsBrowser.load({ writeKey: segment.apiKey, cdnSettings });
    window.analytics.page("Home");
  }, destination);
  await failed;
  await proxy.comeBack();
  await expect.poll(client.stored).toMatchObject([{ event_type: "page", payload: { name: "Home" } }]);
  await page.close();
});
