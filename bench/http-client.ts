/** Requests over HTTP with kept connections; `fetch` would cost more than what is measured. */
import { Agent, request } from "node:http";

const IDLE_MS = 3_000;

export interface HttpClient {
  /** Resolves with the status once the answer has been read. */
  post(path: string, body: string): Promise<number>;
  close(): void;
}

/** @param connections at the most; further requests wait for one */
export function httpClient(url: string, key: string, connections: number): HttpClient {
  // The server ends a connection that was idle for 5 s, perhaps just when the next request goes out.
  const agent = new Agent({ keepAlive: true, maxSockets: connections, timeout: IDLE_MS });
  const { hostname, port } = new URL(url);
  const post = (path: string, body: string): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "x-api-key": key,
      };
      const sent = request({ agent, hostname, port, path, method: "POST", headers }, (answer) => {
        answer.resume();
        answer.once("end", () => resolve(answer.statusCode ?? 0));
      });
      sent.once("error", reject);
      sent.end(body);
    });
  return { post, close: () => agent.destroy() };
}
