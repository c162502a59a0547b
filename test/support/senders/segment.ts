/** Published senders of Segment's HTTP API, which report what they believe delivered, and the requests that they have made. */

import { setTimeout as sleep } from "node:timers/promises";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { Analytics } from "@segment/analytics-node";
import type { Sender } from "./run.ts";

export interface CallSender {
  /** Hands a call over to the sender. */
  send(call: SentCall): void;
  /** Resolves when the sender has delivered or given up everything. */
  close(): Promise<void>;
  /** Ids of the calls that the sender has reported as delivered. */
  delivered: Set<string>;
  /** The statuses of all responses. */
  statuses: number[];
  requests: SentRequest[];
}

export interface SentCall {
  messageId: string;
  type: "track" | "identify" | "page" | "screen" | "group" | "alias";
  /** Name of the event of `track`. */
  event?: string;
  timestamp?: Date;
}

/** A request as the sender made it, to be made again. */
export interface SentRequest {
  headers: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer>;
}

/** Calls in a request. */
const BATCH = 5;
const WITHIN_MS = 100;
const MOST_RETRIES = 200;

const membersOf = ({ messageId, type, event, timestamp }: SentCall) => ({
  ...{ messageId, userId: "user-1", groupId: "group-1", previousId: "user-0", name: type },
  event: event ?? "Order Completed",
  properties: { total: 12.5 },
  traits: { plan: "free" },
  ...(timestamp && { timestamp }),
});

/** `@segment/analytics-node`. */
export function analyticsNode(url: string, writeKey: string): CallSender {
  const sdk = new Analytics({
    ...{ writeKey, host: url, maxRetries: MOST_RETRIES },
    ...{ flushAt: BATCH, flushInterval: WITHIN_MS, httpRequestTimeout: 10_000 },
  });
  const sender: CallSender = {
    ...{ delivered: new Set(), statuses: [], requests: [] },
    send: (call) => {
      const done = (error?: unknown): void => {
        if (!error) sender.delivered.add(call.messageId);
      };
      (sdk[call.type] as (members: object, done: (error?: unknown) => void) => void)(membersOf(call), done);
    },
    close: () => sdk.closeAndFlush({ timeout: 120_000 }),
  };
  sdk.on("http_request", ({ headers, body }) => {
    sender.requests.push({ headers: headers as Record<string, string>, body: String(body) });
  });
  sdk.on("http_response", ({ status }) => sender.statuses.push(status));
  // Without a listener, it would be thrown.
  sdk.on("error", () => {});
  return sender;
}

/** `@rudderstack/rudder-sdk-node`, which compresses its requests. */
export function rudderNode(url: string, writeKey: string): CallSender {
  /** Calls without an outcome yet. */
  let open = 0;
  const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString("base64")}`;
  const axiosConfig = {
    // Both are called for each attempt.
    validateStatus: (status: number) => sender.statuses.push(status) > 0 && status < 300,
    transformRequest: (data: Uint8Array<ArrayBuffer>, headers: object) => {
      const sent = Object.entries(headers).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value]] : [],
      );
      sender.requests.push({ headers: { ...Object.fromEntries(sent), authorization }, body: data });
      return data;
    },
  };
  const sdk = new RudderAnalytics(writeKey, {
    ...{ dataPlaneUrl: url, retryCount: MOST_RETRIES, axiosConfig, logLevel: "silly" },
    ...{ flushAt: BATCH, flushInterval: WITHIN_MS, axiosRetryConfig: { retryDelay: () => 300 } },
  });
  const sender: CallSender = {
    ...{ delivered: new Set(), statuses: [], requests: [] },
    send: (call) => {
      open++;
      const done = (error?: unknown): void => {
        open--;
        if (!error) sender.delivered.add(call.messageId);
      };
      (sdk[call.type] as (members: object, done: (error?: unknown) => void) => void)(membersOf(call), done);
    },
    close: async () => {
      for (; open > 0; await sleep(20)) await sdk.flush();
    },
  };
  return sender;
}

/** Longer than an `event_type` may be, so that such calls go to quarantine. */
export const TOO_LONG = "x".repeat(300);
/** Calls that are neither delivered nor given up. */
const MOST_OPEN = 40;
const TYPES = ["track", "identify", "page", "screen", "group", "alias"] as const;

/** Sends calls of all types, of which each 30th is too long. */
export const segmentSender =
  (make: (url: string, writeKey: string) => CallSender): Sender =>
  async ({ url, secret }, goOn) => {
    const sender = make(url, secret);
    const sent: string[] = [];
    for (let n = 0; goOn(); n++) {
      while (goOn() && sent.length - sender.delivered.size >= MOST_OPEN) await sleep(10);
      const messageId = `m-${String(n).padStart(5, "0")}`;
      sent.push(messageId);
      sender.send({ messageId, type: TYPES[n % 6] ?? "track", ...(n % 30 === 0 && { event: TOO_LONG }) });
      await sleep(2);
    }
    await sender.close();
    return { sent, delivered: [...sender.delivered] };
  };
