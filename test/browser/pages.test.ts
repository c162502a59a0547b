/** Pages of other origins, and Weir's own, send events and log records from Chromium. */

import type { OTLPLogExporter as ExporterType } from "@opentelemetry/exporter-logs-otlp-http";
import type {
  SimpleLogRecordProcessor as ProcessorType,
  LoggerProvider as ProviderType,
} from "@opentelemetry/sdk-logs";
import type { HTTP as CloudEventsHttp, CloudEvent as CloudEventType } from "cloudevents";
import type { Browser, Page } from "playwright-core";
import { beforeAll, describe, expect, it } from "vitest";
import type { Sender as SenderType } from "../../sdk/typescript/src/browser.ts";
import { atEnd } from "../support/cleanup.ts";
import { anEvent } from "../support/pipeline.ts";
import { type System, testSystem } from "../support/servers/system.ts";
import { launch } from "./support/chromium.ts";
import { otherSite } from "./support/other-site.ts";

interface Sdk {
  Sender: typeof SenderType;
  CloudEvent: typeof CloudEventType;
  HTTP: typeof CloudEventsHttp;
  OTLPLogExporter: typeof ExporterType;
  LoggerProvider: typeof ProviderType;
  SimpleLogRecordProcessor: typeof ProcessorType;
}
type Sent = [status: number, body: { code?: string; accepted?: number }, requestId: string | null];

/** A name of this machine: browsers trust localhost and its addresses as they trust HTTPS, but no other name. */
const NAME = "weir.test";
const SDK = `
  export { Sender } from "./sdk/typescript/src/browser.ts";
  export { CloudEvent, HTTP } from "cloudevents/bundles/cloudevents.js";
  export { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
  export { LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
`;
let system: System;
let browser: Browser;
let origin: string;
beforeAll(async () => {
  [system, browser, origin] = await Promise.all([
    testSystem(),
    launch([`--host-resolver-rules=MAP ${NAME} 127.0.0.1`]),
    otherSite(SDK),
  ]);
  atEnd(() => browser.close());
});

async function open(url: string): Promise<Page> {
  const page = await browser.newPage();
  atEnd(() => page.close());
  await page.goto(url);
  return page;
}

async function aClient(origins: string[], scopes = ["ingest"]) {
  const id = await system.newClient({ name: "page", origins });
  const { secret } = await system.newKey(id, { scopes });
  return {
    secret,
    types: async (): Promise<string[]> =>
      (await system.get(`/v1/events?client=${id}`, system.stack.adminKey)).body.events.map(
        ({ event_type }: { event_type: string }) => event_type,
      ),
  };
}

/** Sends an event as a page's own code does. */
const send = (page: Page, url: string, key: string): Promise<Sent> =>
  page.evaluate(
    async ([target, secret, body]) => {
      const headers = { "content-type": "application/json", "x-api-key": secret };
      const response = await fetch(`${target}/v1/events`, { method: "POST", headers, body });
      return [response.status, await response.json(), response.headers.get("x-request-id")];
    },
    [url, key, JSON.stringify(anEvent())] as const,
  );

describe("a page of another origin", () => {
  it.each(["structured", "binary"] as const)("sends CloudEvents of the SDK in %s mode", async (mode) => {
    const client = await aClient([origin]);
    const page = await open(origin);
    const status = await page.evaluate(
      async ([url, key, as]) => {
        const { CloudEvent, HTTP } = (globalThis as unknown as { sdk: Sdk }).sdk;
        const event = new CloudEvent({ source: "/page", type: "page.clicked", data: { n: 1 } });
        const { headers, body } = HTTP[as](event);
        const all = { ...(headers as Record<string, string>), "x-api-key": key };
        return (await fetch(`${url}/v1/events`, { method: "POST", headers: all, body: body as string }))
          .status;
      },
      [system.stack.url, client.secret, mode] as const,
    );
    expect(status).toBe(202);
    await expect.poll(client.types).toEqual(["page.clicked"]);
  });

  it("sends log records with OpenTelemetry's exporter", async () => {
    const client = await aClient([origin]);
    const page = await open(origin);
    const result = await page.evaluate(
      async ([url, key]) => {
        const { LoggerProvider, OTLPLogExporter, SimpleLogRecordProcessor } = (
          globalThis as unknown as { sdk: Sdk }
        ).sdk;
        const exporter = new OTLPLogExporter({ url: `${url}/v1/logs`, headers: { "x-api-key": key } });
        const provider = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter })] });
        provider.getLogger("page").emit({ eventName: "page.logged", body: "clicked" });
        await provider.forceFlush();
      },
      [system.stack.url, client.secret] as const,
    );
    expect(result).toBeUndefined();
    await expect.poll(client.types).toEqual(["page.logged"]);
  });

  it("sends compressed batches with Weir's own SDK", async () => {
    const client = await aClient([origin]);
    const page = await open(origin);
    const sent = page.waitForRequest((request) => request.method() === "POST");
    const undelivered = await page.evaluate(
      async ([url, key]) => {
        const { Sender } = (globalThis as unknown as { sdk: Sdk }).sdk;
        const sender = new Sender({ url, key });
        for (let n = 0; n < 50; n++)
          void sender.send({
            event_id: `page-${n}`,
            event_type: "page.sent",
            payload: { text: "x".repeat(100) },
          });
        return (await sender.close()).undelivered.length;
      },
      [system.stack.url, client.secret] as const,
    );
    expect(undelivered).toBe(0);
    expect((await (await sent).allHeaders())["content-encoding"]).toBe("gzip");
    await expect.poll(client.types).toHaveLength(50);
  });

  it("can read the response, and the request's id", async () => {
    const { secret } = await aClient([origin]);
    const [status, body, id] = await send(await open(origin), system.stack.url, secret);
    expect([status, body.accepted, id]).toEqual([202, 1, expect.stringMatching(/^[\da-f-]{36}$/)]);
  });

  it("learns why it is refused: its client does not allow it, or the key can do more than send", async () => {
    const page = await open(origin);
    const [other, reader] = [
      await aClient(["https://shop.example"]),
      await aClient([origin], ["ingest", "read"]),
    ];
    for (const { secret } of [other, reader])
      expect((await send(page, system.stack.url, secret)).slice(0, 2)).toMatchObject([
        403,
        { code: "origin-not-allowed" },
      ]);
  });

  it("can't read with any key", async () => {
    const { secret } = await aClient([origin], ["read"]);
    const page = await open(origin);
    const outcome = await page.evaluate(
      ([url, key]) =>
        fetch(`${url}/v1/events`, { headers: { "x-api-key": key } }).then(
          ({ status }) => status,
          (error: Error) => error.name,
        ),
      [system.stack.url, secret] as const,
    );
    expect(outcome).toBe("TypeError");
  });
});

describe("a page of Weir", () => {
  it.each([
    ["where the browser says whose page it is", "127.0.0.1", "same-origin"],
    ["where the browser does not say whose page it is", NAME, undefined],
  ])("sends with any key, %s", async (_, name, site) => {
    const url = new URL(system.stack.url);
    url.hostname = name;
    const page = await open(`${url.origin}/docs`);
    const sent = page.waitForRequest((request) => request.method() === "POST");
    const [status] = await send(page, url.origin, system.stack.adminKey);
    const headers = await (await sent).allHeaders();
    expect([headers.origin, headers["sec-fetch-site"]]).toEqual([url.origin, site]);
    expect(status).toBe(202);
  });
});
