/** A TCP proxy on 127.0.0.1 that injects network faults into connections. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { atEnd } from "../cleanup.ts";

interface Link {
  client: Socket;
  server: Socket | undefined;
  dead: boolean;
  /** The number of bytes of answers that may still arrive. */
  left: number;
}

const NEVER = Number.POSITIVE_INFINITY;

/** What happens to data now, for all connections. */
const fairWeather = () => ({
  swallowAll: false,
  delayMs: 0,
  /** The number of answers that arrive before one is lost. */
  spared: NEVER,
  /** The answer that contains this text is lost. */
  condemned: undefined as string | undefined,
  lost: 0,
  bytes: 0,
  connections: 0,
  /** Of HTTP responses, by status, without lost ones. */
  statuses: new Map<number, number>(),
});

type Weather = ReturnType<typeof fairWeather>;

export type TcpProxy = Awaited<ReturnType<typeof tcpProxy>>;

/** Puts a proxy in front of a server. @returns the proxy and the URL through it */
export async function behindProxy(serverUrl: string): Promise<{ url: string; proxy: TcpProxy }> {
  const url = new URL(serverUrl);
  const proxy = await tcpProxy(Number(url.port));
  url.port = String(proxy.port);
  return { url: url.href, proxy };
}

/** @param serverPort on 127.0.0.1 */
export async function tcpProxy(serverPort: number) {
  const links = new Set<Link>();
  const weather = fairWeather();
  const listener = createServer((client) => {
    weather.connections++;
    const link = open(client, serverPort, weather);
    links.add(link);
    client.on("close", () => links.delete(link));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  const sockets = (): Socket[] =>
    [...links].flatMap(({ client, server }) => (server ? [client, server] : [client]));
  const leave = (): void => {
    listener.close();
    for (const socket of sockets()) socket.destroy();
  };
  atEnd(leave);
  return {
    port,
    /** Breaks all connections and refuses new ones, so that the server gets nothing. */
    leave,
    /** Listens again, on the same port. */
    comeBack: () => new Promise<void>((resolve) => listener.listen(port, "127.0.0.1", resolve)),
    /** New connections pass again. Swallowed ones stay dead: their bytes are lost. */
    pass: (): void => {
      Object.assign(weather, { swallowAll: false, delayMs: 0, spared: NEVER });
      for (const link of links) link.left = NEVER;
    },
    /** Drops all data in both directions without closing connections: of the open connections, or of all. */
    swallow: (which: "open" | "all"): void => {
      weather.swallowAll = which === "all";
      for (const link of links) link.dead = true;
    },
    /** Resets every open connection. */
    reset: (): void => {
      for (const socket of sockets()) socket.resetAndDestroy();
    },
    /** Delays each piece of data by this many milliseconds. */
    delay: (ms: number): void => {
      weather.delayMs = ms;
    },
    /** Breaks each connection after this many more bytes of answers. */
    cutAfter: (bytes: number): void => {
      for (const link of links) link.left = bytes;
    },
    /**
     * The server gets the next request and answers; then the connection breaks before the answer arrives.
     * @param spared number of answers before that one that still arrive
     */
    loseNextReply: (spared = 0): void => {
      weather.spared = spared;
    },
    /** Does the same with the next answer that contains this text. */
    loseReplyWith: (text: string): void => {
      weather.condemned = text;
    },
    /** The number of lost answers. */
    lost: (): number => weather.lost,
    /** The number of bytes that the server has sent. */
    bytes: (): number => weather.bytes,
    /** The number of HTTP responses with this status that have arrived. */
    answers: (status: number): number => weather.statuses.get(status) ?? 0,
    /** The number of opened connections. */
    connections: (): number => weather.connections,
  };
}

function open(client: Socket, serverPort: number, weather: Weather): Link {
  const dead = weather.swallowAll;
  const server = dead ? undefined : connect(serverPort, "127.0.0.1");
  const link: Link = { client, server, dead, left: NEVER };
  client.on("error", () => {});
  if (server === undefined) {
    client.resume();
    return link;
  }
  server.on("error", () => {});
  // A dead connection's end is not reported either.
  client.on("close", () => link.dead || server.destroy());
  server.on("close", () => link.dead || client.destroy());
  client.on("data", (data) => forward(link, client, server, data, weather.delayMs));
  server.on("data", (data) => {
    weather.bytes += data.length;
    if (!losesReply(link, weather, data)) {
      countStatus(weather, data);
      forward(link, server, client, data.subarray(0, link.left), weather.delayMs);
    }
    link.left -= data.length;
    if (link.left <= 0 && !link.dead) client.end(() => client.destroy());
  });
  return link;
}

/** Servers begin each response with a piece of data of its own. */
function countStatus({ statuses }: Weather, data: Buffer): void {
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(data.toString("latin1", 0, 13)) ?? [];
  if (status !== undefined) statuses.set(Number(status), (statuses.get(Number(status)) ?? 0) + 1);
}

function losesReply({ client, dead }: Link, weather: Weather, data: Buffer): boolean {
  if (dead) return false;
  const condemned = weather.condemned !== undefined && data.includes(weather.condemned);
  if (!condemned && weather.spared-- > 0) return false;
  Object.assign(weather, { spared: NEVER, condemned: undefined });
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
