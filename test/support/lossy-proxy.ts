/** Stands between a client and a server and can lose a reply, as a network does. */
import { connect, createServer, type Socket } from "node:net";
import { atEnd } from "./cleanup.ts";

export interface LossyProxy {
  port: number;
  /**
   * The server gets what is sent next and answers; then the connection breaks before the answer arrives.
   * @param spared answers before that one which arrive
   */
  loseNextReply(spared?: number): void;
  /** How often that has happened. */
  lost(): number;
}

export async function lossyProxy(serverPort: number): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  /** Answers that arrive before one is lost. */
  let left = Number.POSITIVE_INFINITY;
  let lost = 0;
  const server = createServer((client) => {
    const upstream = connect(serverPort, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.pipe(upstream);
    upstream.on("data", (reply) => {
      if (left > 0) {
        left--;
        client.write(reply);
        return;
      }
      left = Number.POSITIVE_INFINITY;
      lost++;
      client.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("The proxy does not listen.");
  return {
    port: address.port,
    loseNextReply: (spared = 0) => {
      left = spared;
    },
    lost: () => lost,
  };
}
