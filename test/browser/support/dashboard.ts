/** The dashboard of a real system, in Chromium. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterEach, beforeAll, expect } from "vitest";
import { atEnd } from "../../support/cleanup.ts";
import { type System, testSystem } from "../../support/servers/system.ts";
import { launch } from "./chromium.ts";

export interface PageOptions {
  theme?: "light" | "dark";
  width?: number;
  height?: number;
  /** What the browser may report without failing the test: a part of the text. */
  expectedFaults?: readonly (string | RegExp)[];
}

/** Narrow phones. */
export const PHONE = { width: 360, height: 740 } as const;
const DESKTOP = { width: 1_280, height: 900 } as const;

/** Errors in the console, exceptions and violations of the policy, by the context of the page. */
const faults = new Map<BrowserContext, { found: string[]; expected: readonly (string | RegExp)[] }>();

/**
 * A system with its dashboard for all tests of a file. After each test its pages are closed, and the test fails if a page
 * reported an error or a violation of the Content-Security-Policy that the test did not expect.
 */
export function dashboard() {
  let system: System;
  let browser: Browser;
  beforeAll(async () => {
    [system, browser] = await Promise.all([testSystem(), launch()]);
    atEnd(() => browser.close());
  });
  afterEach(async () => {
    const all = [...faults];
    faults.clear();
    for (const [context] of all) await context.close();
    for (const [, { found, expected }] of all)
      expect(found.filter((text) => !expected.some((part) => text.match(part)))).toEqual([]);
  });
  const open = async (path: string, options: PageOptions = {}): Promise<Page> => {
    const page = await newPage(await newContext(browser, options));
    await page.goto(`${system.stack.url}${path}`);
    return page;
  };
  return {
    get system() {
      return system;
    },
    get browser() {
      return browser;
    },
    /** Opens a path in a context of its own: with its own storage. */
    open,
    /** Opens a view, such as `events?type=order`, and signs in. @param key by default the administrator's */
    signedIn: async (
      view: string,
      { key, ...options }: PageOptions & { key?: string } = {},
    ): Promise<Page> => {
      const page = await open(`/dashboard/${view}`, options);
      await signIn(page, key ?? system.stack.adminKey);
      await page.getByRole("navigation", { name: "Views" }).waitFor();
      return page;
    },
    /** Opens a path in a further tab of a page's browser. */
    openTab: async (page: Page, path: string): Promise<Page> => {
      const tab = await newPage(page.context());
      await tab.goto(`${system.stack.url}${path}`);
      return tab;
    },
  };
}

export type Dashboard = ReturnType<typeof dashboard>;

/** Fills in the key and presses Enter. */
export async function signIn(page: Page, key: string): Promise<void> {
  await page.getByLabel("API key").fill(key);
  await page.keyboard.press("Enter");
}

async function newContext(browser: Browser, options: PageOptions): Promise<BrowserContext> {
  const { theme = "light", width = DESKTOP.width, height = DESKTOP.height } = options;
  const context = await browser.newContext({
    colorScheme: theme,
    viewport: { width, height },
    reducedMotion: "reduce",
    locale: "en-US",
    timezoneId: "Europe/Berlin",
  });
  faults.set(context, { found: [], expected: options.expectedFaults ?? [] });
  return context;
}

async function newPage(context: BrowserContext): Promise<Page> {
  const found = faults.get(context)?.found ?? [];
  const page = await context.newPage();
  page.on("pageerror", (error) => found.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    // Violations of the policy are errors in the console too.
    if (["error", "warning"].includes(message.type())) found.push(`${message.type()}: ${message.text()}`);
  });
  return page;
}

/** Sends events with the demo client's key, and waits until they are stored. */
export async function sendEvents({ post, settled }: System, events: readonly object[]): Promise<void> {
  const answer = await post({ events });
  expect(answer.status, answer.text).toBe(202);
  await settled(answer.body.receipt_id);
}

let lastEvent = 0;

/** An event with an id of its own. */
export const newEvent = (
  changes: Record<string, unknown> = {},
): Record<string, unknown> & { event_id: string } => {
  lastEvent += 1;
  return {
    event_id: `browser-${process.pid}-${lastEvent}`,
    event_type: "order.placed",
    timestamp: new Date().toISOString(),
    payload: { amount: lastEvent },
    ...changes,
  };
};
