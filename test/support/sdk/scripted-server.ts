/** A server on 127.0.0.1 that answers the SDK's requests as a test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import type { WeirEvent } from "../../../sdk/typescript/src/node.ts";
import { listen } from "../servers/listen.ts";

export interface Received {
  /** From the same clock as `answeredAt`, in milliseconds. */
  at: number;
  answeredAt: number;
  gzip: boolean;
  /** Bytes of the body after decompression. */
  bytes: number;
  key: string | undefined;
  events: WeirEvent[];
}

/** What the server answers; undefined breaks the connection. */
export type Reply = { status: number; headers?: Record<string, string>; body: unknown } | undefined;
export type Script = (request: Received, number: number) => Reply | Promise<Reply>;

/** All events accepted. */
export const accept = (events: readonly unknown[], errors: readonly object[] = []): Reply => ({
  status: 202,
  body: {
    receipt_id: "receipt",
    accepted: events.length - errors.length,
    duplicates: 0,
    rejected: errors.length,
    errors,
  },
});

export const problem = (status: number, code: string, others: object = {}): Reply => ({
  status,
  body: {
    type: "",
    title: "",
    status,
    detail: `because of ${code}`,
    instance: "urn:uuid:1",
    code,
    ...others,
  },
});

/** @param script gets the requests and their numbers, from 0; by default all events are accepted */
export async function scriptedServer(script: Script = ({ events }) => accept(events)) {
  const received: Received[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const at = performance.now();
    const sent = await buffer(request);
    const gzip = request.headers["content-encoding"] === "gzip";
    const plain = gzip ? gunzipSync(sent) : sent;
    const { events } = JSON.parse(plain.toString()) as { events: WeirEvent[] };
    const key = request.headers["x-api-key"]?.toString();
    const one: Received = { at, answeredAt: 0, gzip, bytes: plain.length, key, events };
    const reply = await script(one, received.push(one) - 1);
    one.answeredAt = performance.now();
    if (reply === undefined) {
      request.socket.resetAndDestroy();
      return;
    }
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
    response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
  };
  const port = await listen(createServer((request, response) => void answer(request, response)));
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    /** Numbers of events in each request. */
    sizes: () => received.map(({ events }) => events.length),
  };
}
