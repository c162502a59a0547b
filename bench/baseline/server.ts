/**
 * What Weir's server is compared with over HTTP. Argument: `echo`, a bare node:http server that reads the body and sends
 * it back, or `plain`, the plain design behind the same. Prints its port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";
import { plainHandler } from "./api.ts";
import { connect } from "./schema.ts";

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

const { DATABASE_URL = "", REDIS_URL = "" } = process.env;
const handler: Handler =
  process.argv[2] === "echo" ? echo : plainHandler(connect(DATABASE_URL, CONNECTIONS), new Redis(REDIS_URL));

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
