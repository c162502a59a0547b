/**
 * A TCP proxy that injects network faults. Toxiproxy does the same, but is a Go program that not every machine can install;
 * npm has no maintained alternative (docs/decisions/0030).
 */
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * - `pass`: forwards.
 * - `reset`: resets existing connections and each new one.
 * - `delay`: delays each chunk by `delayMs`, in both directions.
 * - `stall`: holds everything back, and delivers it when the fault ends, as TCP does after packet loss.
 * - `swallow`: drops everything. Affected connections stay silently dead, as when a firewall has forgotten them.
 * - `cut`: forwards requests, and breaks a connection in the middle of a reply.
 * - `withhold`: forwards requests and drops replies; the connections are reset when the fault ends.
 */
export type Mode = "pass" | "reset" | "delay" | "stall" | "swallow" | "cut" | "withhold";

/** Time after which a swallowed connection is reset: like TCP's retransmission time-out, but sooner. */
const DEAD_CONNECTION_MS = 30_000;

interface Pair {
  client: Socket;
  upstream: Socket | undefined;
  dead: boolean;
}

export class TcpProxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #pairs = new Set<Pair>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #mode: Mode = "pass";
  #delayMs = 0;
  /** Called when a stall ends. */
  #held: (() => void)[] = [];

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    server.on("connection", (client) => this.#accept(client));
  }

  /** @param targetPort on 127.0.0.1 */
  static async start(targetPort: number): Promise<TcpProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return new TcpProxy(server, targetPort);
  }

  get port(): number {
    const address = this.#server.address();
    if (typeof address !== "object" || address === null) throw new Error("The proxy does not listen.");
    return address.port;
  }

  /** Begins a fault, or with `pass` ends it. */
  set(mode: Mode, delayMs = 0): void {
    const before = this.#mode;
    this.#mode = mode;
    this.#delayMs = delayMs;
    if (mode === "reset") this.#resetAll();
    if (mode === "swallow") for (const pair of this.#pairs) pair.dead = true;
    if (before === "withhold") this.#resetAll();
    if (before === "swallow") this.#buryDead();
    if (before === "stall") {
      const held = this.#held;
      this.#held = [];
      for (const deliver of held) deliver();
    }
  }

  async stop(): Promise<void> {
    this.#mode = "reset";
    for (const timer of this.#timers) clearTimeout(timer);
    this.#resetAll();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #resetAll(): void {
    for (const pair of this.#pairs) reset(pair);
  }

  #buryDead(): void {
    const dead = [...this.#pairs].filter((pair) => pair.dead);
    this.#after(DEAD_CONNECTION_MS, () => {
      for (const pair of dead) reset(pair);
    });
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    if (this.#mode === "reset") {
      client.resetAndDestroy();
      return;
    }
    const pair: Pair = { client, upstream: undefined, dead: this.#mode === "swallow" };
    this.#pairs.add(pair);
    client.setNoDelay(true);
    client.on("close", () => {
      this.#pairs.delete(pair);
      pair.upstream?.destroy();
    });
    if (pair.dead) {
      client.resume();
      return;
    }
    const upstream = connect(this.#targetPort, "127.0.0.1");
    pair.upstream = upstream;
    upstream.setNoDelay(true);
    upstream.on("error", () => {});
    // When a server ends, its clients are reset, unless the network was down at the time.
    upstream.on("close", () => {
      if (!pair.dead) client.destroy();
    });
    this.#forward(pair, client, upstream, "request");
    this.#forward(pair, upstream, client, "reply");
  }

  #forward(pair: Pair, from: Socket, to: Socket, kind: "request" | "reply"): void {
    /** Delivery time of the previous chunk, which later ones must not overtake. */
    let free = Promise.resolve();
    let waiting = 0;
    const write = (chunk: Buffer): void => {
      if (pair.dead || to.destroyed) return;
      if (to.write(chunk)) return;
      from.pause();
      to.once("drain", () => from.resume());
    };
    from.on("data", (chunk) => {
      if (pair.dead || (kind === "reply" && this.#mode === "withhold")) return;
      if (kind === "reply" && this.#mode === "cut") {
        to.write(chunk.subarray(0, Math.floor(chunk.length / 2)), () => reset(pair));
        pair.dead = true;
        return;
      }
      const held = this.#hold();
      if (held === undefined && waiting === 0) return write(chunk);
      waiting++;
      free = Promise.all([free, held]).then(() => {
        waiting--;
        write(chunk);
      });
    });
    // Our clients do not use half-closed connections: the end of one side ends both.
    from.on("end", () => void free.then(() => to.end()));
  }

  /** What a chunk must wait for at the moment. */
  #hold(): Promise<void> | undefined {
    if (this.#mode === "delay") return new Promise((resolve) => this.#after(this.#delayMs, resolve));
    if (this.#mode === "stall") return new Promise((resolve) => this.#held.push(resolve));
    return undefined;
  }
}

function reset({ client, upstream }: Pair): void {
  client.resetAndDestroy();
  upstream?.resetAndDestroy();
}
