/** A TCP proxy on 127.0.0.1 that injects network faults into connections. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { atEnd } from "../cleanup.ts";

export interface TcpProxy {
  port: number;
  /** New connections pass again. Swallowed ones stay dead: their bytes are lost. */
  pass(): void;
  /** Drops all data in both directions without closing connections: of the open connections, or of all. */
  swallow(which: "open" | "all"): void;
  /** Resets every open connection. */
  reset(): void;
  /** Delays each piece of data by this many milliseconds. */
  delay(ms: number): void;
  /** Breaks each connection after this many more bytes of answers. */
  cutAfter(bytes: number): void;
  /**
   * The server gets the next request and answers; then the connection breaks before the answer arrives.
   * @param spared number of answers before that one that still arrive
   */
  loseNextReply(spared?: number): void;
  /** Does the same with the next answer that contains this text. */
  loseReplyWith(text: string): void;
  /** Breaks all connections and refuses new ones, so that the server gets nothing. */
  leave(): void;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
  /** The number of lost answers. */
  lost(): number;
  /** The number of bytes that the server has sent. */
  bytes(): number;
  /** The number of opened connections. */
  connections(): number;
}

/** What happens to data now, for all connections. */
interface Weather {
  swallowAll: boolean;
  delayMs: number;
  /** The number of answers that arrive before one is lost. */
  spared: number;
  /** The answer that contains this text is lost. */
  condemned: string | undefined;
  lost: number;
  bytes: number;
  connections: number;
}

interface Link {
  client: Socket;
  server: Socket | undefined;
  dead: boolean;
  /** The number of bytes of answers that may still arrive. */
  left: number;
}

/** Puts a proxy in front of a server. @returns the proxy and the URL through it */
export async function behindProxy(serverUrl: string): Promise<{ url: string; proxy: TcpProxy }> {
  const url = new URL(serverUrl);
  const proxy = await tcpProxy(Number(url.port));
  url.port = String(proxy.port);
  return { url: url.href, proxy };
}

/** @param serverPort on 127.0.0.1 */
export async function tcpProxy(serverPort: number): Promise<TcpProxy> {
  const links = new Set<Link>();
  const weather: Weather = {
    swallowAll: false,
    delayMs: 0,
    spared: Number.POSITIVE_INFINITY,
    condemned: undefined,
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
  const leave = (): void => {
    listener.close();
    for (const { client, server } of links) for (const socket of [client, server]) socket?.destroy();
  };
  atEnd(leave);
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    ...controls(links, weather),
    leave,
    comeBack: () => new Promise((resolve) => listener.listen(port, "127.0.0.1", resolve)),
  };
}

const controls = (links: Set<Link>, weather: Weather): Omit<TcpProxy, "port" | "leave" | "comeBack"> => ({
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
  loseReplyWith: (text) => {
    weather.condemned = text;
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
  // A dead connection's end is not reported either.
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
    if (!losesReply(link, weather, data))
      forward(link, server, client, data.subarray(0, link.left), weather.delayMs);
    link.left -= data.length;
    if (link.left <= 0 && !link.dead) client.end(() => client.destroy());
  });
  return link;
}

function losesReply({ client, dead }: Link, weather: Weather, data: Buffer): boolean {
  if (dead) return false;
  const condemned = weather.condemned !== undefined && data.includes(weather.condemned);
  if (!condemned && weather.spared-- > 0) return false;
  weather.spared = Number.POSITIVE_INFINITY;
  weather.condemned = undefined;
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
