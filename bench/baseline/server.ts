/**
 * What Weir's server is compared with over HTTP. Argument: `echo`, a bare node:http server that reads the body and sends
 * it back; `plain`, the plain design behind the same; or `worker`, the plain design's two workers without a server. A
 * server prints its port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";
import { plainHandler } from "./api.ts";
import { connect } from "./schema.ts";
import { plainWorker } from "./worker.ts";

const CONNECTIONS = 16;

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
}
type Handler = (request: { headers: Record<string, string>; body: string }) => Promise<Answer>;

const echo: Handler = async ({ body }) => ({
  statusCode: 202,
  headers: { "content-type": "application/json" },
  body,
});

const WORKERS = 2;
const { DATABASE_URL = "", REDIS_URL = "" } = process.env;
const [, , kind] = process.argv;

if (kind === "worker") {
  const sql = connect(DATABASE_URL, WORKERS);
  for (let n = 0; n < WORKERS; n++) void work(new Redis(REDIS_URL));
  async function work(redis: Redis): Promise<void> {
    for (;;) await plainWorker(sql, redis);
  }
} else serve(kind === "echo" ? echo : plainHandler(connect(DATABASE_URL, CONNECTIONS), new Redis(REDIS_URL)));

function serve(handler: Handler): void {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      const body = Buffer.concat(chunks).toString();
      const answer = await handler({ headers: request.headers as Record<string, string>, body });
      response.writeHead(answer.statusCode, answer.headers).end(answer.body);
    });
  });
  server.keepAliveTimeout = 65_000;
  server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
}
