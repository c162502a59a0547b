/**
 * Segment's SDK for pages, in Chromium, through 429, a queue that is away, lost responses, a killed server, and a reload of the page
 * in the middle, with both queues: see test/e2e/senders.test.ts.
 */
import type { AnalyticsBrowser } from "@segment/analytics-next";
import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import { atEnd } from "../support/cleanup.ts";
import { QUEUES } from "../support/queue/queues.ts";
import type { Target } from "../support/senders/faulty-system.ts";
import type { Run, Sender } from "../support/senders/run.ts";
import { expectAllKept, sendTogether } from "../support/senders/together.ts";
import { launch } from "./support/chromium.ts";
import { otherSite } from "./support/other-site.ts";

interface Shop {
  sdk: { AnalyticsBrowser: typeof AnalyticsBrowser };
  analytics: AnalyticsBrowser;
}

/** Calls on their way: a page has few. */
const MOST_OPEN = 12;
const NAME = "@segment/analytics-next";
let browser: Browser;
let origin: string;
beforeAll(async () => {
  [browser, origin] = await Promise.all([
    launch(),
    otherSite(`export { AnalyticsBrowser } from "@segment/analytics-next";`),
  ]);
  atEnd(() => browser.close());
});

/**
 * Loads the SDK; it first sends what the page before has left in the browser's storage. The page brings the SDK's settings,
 * since without them it would send nothing until the next load: docs/segment.md.
 */
const load = (page: Page, { url, secret }: Target): Promise<void> =>
  page.evaluate(
    async (destination) => {
      const shop = globalThis as unknown as Shop;
      const cdnSettings = { integrations: { "Segment.io": destination } };
      shop.analytics = shop.sdk.AnalyticsBrowser.load({ writeKey: destination.apiKey, cdnSettings });
      await shop.analytics.ready();
    },
    { apiKey: secret, apiHost: `${new URL(url).host}/v1`, protocol: "http" as const },
  );

/** The calls that the SDK has left in the browser's storage. */
const leftBehind = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    Object.entries({ ...localStorage })
      .filter(([key]) => /^persisted-queue:.*:items$/.test(key))
      .flatMap(([, items]) => JSON.parse(items) as { event: { properties: { number: string } } }[])
      .map(({ event }) => event.properties.number),
  );

/** By queue, the calls that the SDK had not delivered when the page was reloaded. */
const reloads: string[][] = [];

/** Reloads the page once, while the queue is away. */
const fromPage: Sender = async (target, goOn) => {
  const run: Run = { sent: [], delivered: [] };
  const delivered = new Set<string>();
  const page = await browser.newPage();
  let isAway = false;
  page.on("response", (response) => {
    if (response.request().method() !== "POST") return;
    const number = response.request().postDataJSON()?.properties?.number;
    if (response.ok()) delivered.add(number);
    isAway ||= response.status() === 503;
  });
  const isFull = (): boolean => run.sent.length - delivered.size >= MOST_OPEN;
  let left: string[] | undefined;
  await page.goto(origin);
  await load(page, target);
  while (goOn()) {
    if (isAway && left === undefined) {
      await page.reload();
      left = await leftBehind(page);
      await load(page, target);
    }
    if (isFull()) {
      await page.waitForTimeout(20);
      continue;
    }
    const number = String(run.sent.length);
    run.sent.push(number);
    await page.evaluate(
      (n) => void (globalThis as unknown as Shop).analytics.track("Clicked", { number: n }),
      number,
    );
  }
  for (let waits = 0; delivered.size < run.sent.length && waits < 3_000; waits++)
    await page.waitForTimeout(20);
  run.delivered = [...delivered];
  reloads.push(left ?? []);
  await page.close();
  return run;
};

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  const endingOf = sendTogether(
    queue,
    { [NAME]: fromPage },
    { client: { origins: ["*"] }, idOf: ({ payload }) => JSON.parse(payload).properties.number },
  );

  it(`each call of ${NAME} is stored once, also those that it kept while the page was reloaded`, async () => {
    expectAllKept(await endingOf(NAME));
    expect(reloads.at(-1)).not.toEqual([]);
  });
});
