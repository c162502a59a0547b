/** A TCP proxy on 127.0.0.1 that does to connections what networks do. */
import { connect, createServer, type Socket } from "node:net";
import { atEnd } from "./cleanup.ts";

export interface TcpProxy {
  port: number;
  /** Connections from now on pass again. Those that were swallowed stay dead: their bytes are lost. */
  pass(): void;
  /** Nothing arrives any more, in either direction, and no connection closes: of those that are open, or of all. */
  swallow(which: "open" | "all"): void;
  /** Every open connection breaks, and the other end is told. */
  reset(): void;
  /** Each piece of data arrives so much later, in milliseconds. */
  delay(ms: number): void;
  /** Each connection breaks when so many more bytes of answers have arrived on it. */
  cutAfter(bytes: number): void;
  /**
   * The server gets what is sent next and answers; then the connection breaks before the answer arrives.
   * @param spared answers before that one which arrive
   */
  loseNextReply(spared?: number): void;
  /** How often an answer was lost. */
  lost(): number;
  /** Bytes that the server has sent. */
  bytes(): number;
  /** Connections that were opened. */
  connections(): number;
}

/** What happens to data now, for all connections. */
interface Weather {
  swallowAll: boolean;
  delayMs: number;
  /** Answers that arrive before one is lost. */
  spared: number;
  lost: number;
  bytes: number;
  connections: number;
}

interface Link {
  client: Socket;
  server: Socket | undefined;
  dead: boolean;
  /** Bytes of answers that may still arrive. */
  left: number;
}

/** @param serverPort on 127.0.0.1 */
export async function tcpProxy(serverPort: number): Promise<TcpProxy> {
  const links = new Set<Link>();
  const weather: Weather = {
    swallowAll: false,
    delayMs: 0,
    spared: Number.POSITIVE_INFINITY,
    lost: 0,
    bytes: 0,
    connections: 0,
  };
  const listener = createServer((client) => {
    weather.connections++;
    const link = open(client, serverPort, weather);
    links.add(link);
    client.on("close", () => links.delete(link));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  atEnd(() => {
    listener.close();
    for (const { client, server } of links) for (const socket of [client, server]) socket?.destroy();
  });
  const address = listener.address();
  if (typeof address !== "object" || address === null) throw new Error("The proxy does not listen.");
  return { port: address.port, ...controls(links, weather) };
}

const controls = (links: Set<Link>, weather: Weather): Omit<TcpProxy, "port"> => ({
  pass: () => {
    weather.swallowAll = false;
    weather.delayMs = 0;
    weather.spared = Number.POSITIVE_INFINITY;
    for (const link of links) link.left = Number.POSITIVE_INFINITY;
  },
  swallow: (which) => {
    weather.swallowAll = which === "all";
    for (const link of links) link.dead = true;
  },
  reset: () => {
    for (const { client, server } of links) for (const socket of [client, server]) socket?.resetAndDestroy();
  },
  delay: (ms) => {
    weather.delayMs = ms;
  },
  cutAfter: (bytes) => {
    for (const link of links) link.left = bytes;
  },
  loseNextReply: (spared = 0) => {
    weather.spared = spared;
  },
  lost: () => weather.lost,
  bytes: () => weather.bytes,
  connections: () => weather.connections,
});

function open(client: Socket, serverPort: number, weather: Weather): Link {
  const dead = weather.swallowAll;
  const server = dead ? undefined : connect(serverPort, "127.0.0.1");
  const link: Link = { client, server, dead, left: Number.POSITIVE_INFINITY };
  client.on("error", () => {});
  if (server === undefined) {
    client.resume();
    return link;
  }
  server.on("error", () => {});
  // The end of a dead connection is not told either.
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const)
    one.on("close", () => {
      if (!link.dead) other.destroy();
    });
  client.on("data", (data) => forward(link, client, server, data, weather.delayMs));
  server.on("data", (data) => {
    weather.bytes += data.length;
    if (!losesReply(link, weather))
      forward(link, server, client, data.subarray(0, link.left), weather.delayMs);
    link.left -= data.length;
    if (link.left <= 0 && !link.dead) client.end(() => client.destroy());
  });
  return link;
}

function losesReply({ client, dead }: Link, weather: Weather): boolean {
  if (dead || weather.spared-- > 0) return false;
  weather.spared = Number.POSITIVE_INFINITY;
  weather.lost++;
  client.destroy();
  return true;
}

function forward(link: Link, from: Socket, to: Socket, data: Buffer, delayMs: number): void {
  if (link.dead || to.destroyed) return;
  if (delayMs > 0) {
    setTimeout(() => forward(link, from, to, data, 0), delayMs);
    return;
  }
  if (!to.write(data)) {
    from.pause();
    to.once("drain", () => from.resume());
  }
}
