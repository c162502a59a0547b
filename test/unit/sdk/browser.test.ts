/** The browser's entry, with the events of a page that it listens to. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type * as browser from "../../../sdk/typescript/src/node.ts";
import { accept, type Script, scriptedServer } from "../../support/sdk/scripted-server.ts";

/** What Node lacks of a page. */
const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
const window = new EventTarget();
const globals = {
  document: page,
  addEventListener: window.addEventListener.bind(window),
  removeEventListener: window.removeEventListener.bind(window),
};
let Sender: typeof browser.Sender;
beforeAll(async () => {
  Object.assign(globalThis, globals);
  ({ Sender } = await import(new URL("../../../sdk/typescript/src/browser.ts", import.meta.url).href));
});
afterAll(() => {
  for (const name of Object.keys(globals)) Reflect.deleteProperty(globalThis, name);
});

/** A sender that waits, and the requests that it starts. */
async function start(script?: Script) {
  const server = await scriptedServer(script);
  const started: RequestInit[] = [];
  const sender = new Sender({
    url: server.url,
    lingerMs: 3_600_000,
    minBackoffMs: 3_600_000,
    maxBackoffMs: 3_600_000,
    fetch: (url, init = {}) => {
      started.push(init);
      return fetch(url, init);
    },
  });
  const send = (length: number) => sender.send({ event_type: "page", payload: { text: "x".repeat(length) } });
  return { server, sender, started, send };
}

const hide = (): void => {
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
};

it.each([
  ["is hidden", hide],
  ["is left", () => void window.dispatchEvent(new Event("pagehide"))],
])("events that wait when the page %s are sent before anything else can happen", async (_, end) => {
  const { server, started, send } = await start();
  const sent = [send(1_000), send(1_000)];
  end();
  expect(started).toMatchObject([{ keepalive: true }]);
  expect(new Headers(started[0]?.headers).get("content-encoding")).toBeNull();
  await Promise.all(sent);
  expect(server.sizes()).toEqual([2]);
});

it("no more is sent than a browser completes after the page", async () => {
  const { started, sender, send } = await start();
  const sent = Array.from({ length: 10 }, () => send(20_000));
  hide();
  const bytes = started.map(({ body }) => (body as Uint8Array).length);
  expect(bytes.length).toBeGreaterThan(0);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(60_000);
  await sender.flush();
  await Promise.all(sent);
  expect(started.filter(({ keepalive }) => keepalive).length).toBeGreaterThanOrEqual(bytes.length);
});

it("a page that becomes visible again sends nothing early", async () => {
  const { started, sender, send } = await start();
  const sent = send(10);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  expect(started).toEqual([]);
  await Promise.all([sender.flush(), sent]);
});

it("a server that asked for a wait gets nothing when the page is hidden", async () => {
  const { server, sender, started, send } = await start(({ events }) => {
    const reply = accept(events);
    return reply && { ...reply, status: 429, headers: { "retry-after": "3600" } };
  });
  const lost = send(10).catch((error: browser.SendError) => error.reason);
  const flushed = sender.flush({ timeoutMs: 200 }).catch(() => {});
  await expect.poll(() => server.received[0]?.answeredAt).toBeGreaterThan(0);
  await flushed;
  hide();
  expect(started.length).toBe(1);
  await sender.close({ timeoutMs: 1 });
  expect(await lost).toBe("not-delivered");
});
