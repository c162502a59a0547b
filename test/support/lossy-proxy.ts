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
  /** The same with the next answer that contains this text. */
  loseReplyWith(text: string): void;
  /** While it is away, connections break and none is made, so that the server gets nothing. */
  away(isAway: boolean): void;
  /** How often a reply was lost. */
  lost(): number;
}

export async function lossyProxy(serverPort: number): Promise<LossyProxy> {
  const sockets = new Set<Socket>();
  /** Answers that arrive before one is lost. */
  let left = Number.POSITIVE_INFINITY;
  let condemned: string | undefined;
  let lost = 0;
  let gone = false;
  const server = createServer((client) => {
    if (gone) {
      client.destroy();
      return;
    }
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
      const hit = condemned !== undefined && reply.includes(condemned);
      if (left > 0 && !hit) {
        left--;
        client.write(reply);
        return;
      }
      left = Number.POSITIVE_INFINITY;
      condemned = undefined;
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
    loseReplyWith: (text) => {
      condemned = text;
    },
    away: (isAway) => {
      gone = isAway;
      if (gone) for (const socket of sockets) socket.destroy();
    },
    lost: () => lost,
  };
}
