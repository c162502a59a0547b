import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import type { Config } from "../config/config.ts";
import { redisNodes } from "../config/redis-nodes.ts";
import { redisSocket } from "../config/redis-socket.ts";
import { secureRedis } from "../config/tls.ts";
import type { RedisConnection } from "./connection.ts";
import { defineScripts } from "./script.ts";

const COMMAND_TIMEOUT_MS = 1_500;

/**
 * Milliseconds without data, while a command waits, after which a connection counts as dead, whatever TCP reports. It is
 * destroyed, and the command is sent again on another connection within its time-out.
 */
const SOCKET_TIMEOUT_MS = 750;
const SETTINGS = {
  connectTimeout: 1_000,
  commandTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  keepAlive: 10_000,
} as const satisfies RedisOptions;

/** Milliseconds to the next attempt to connect; also the longest time until a command learns that Redis is still down. */
const retryDelay = (attempt: number): number => Math.min(25 * 2 ** attempt, 250);

/**
 * A connection that fails fast: if Redis is down, ingest answers 503 within about a second and the client retries,
 * instead of occupying a Lambda and its caller until the function times out.
 * @param renew returns the password that is valid now, if it may change: called when a server has refused the one before
 */
export function connectRedis(
  settings: Pick<Config, "redisUrl" | "redisCluster">,
  renew?: () => Promise<string>,
): RedisConnection {
  const redis = settings.redisCluster ? connectCluster(settings.redisUrl) : connectServer(settings.redisUrl);
  // Each failed command rejects for its caller; without a listener ioredis also prints every reconnect attempt.
  redis.on("error", () => {});
  if (renew) renewPassword(redis, renew);
  defineScripts(redis);
  return redis;
}

/** Errors of a server that did not accept the password. */
const REFUSED = /^(?:WRONGPASS|NOAUTH|ERR invalid password)/;

/** ioredis reads its options anew for each attempt to connect. */
function renewPassword(redis: SingleServer | Cluster, renew: () => Promise<string>): void {
  if (redis instanceof SingleServer) redis.renew = renew;
  const refused = async (error: Error): Promise<void> => {
    if (!REFUSED.test(error.message)) return;
    const password = await renew();
    if (!(redis instanceof Cluster)) {
      redis.options.password = password;
      return;
    }
    redis.options.redisOptions = { ...redis.options.redisOptions, password };
    for (const node of redis.nodes()) node.options.password = password;
  };
  // If it can't be renewed now, the next refusal tries again.
  const tryAgain = (error: Error): void => void refused(error).catch(() => {});
  redis.on("error", tryAgain);
  redis.on("node error", tryAgain);
}

/**
 * Does not send commands that have already been rejected: ioredis would send them after a reconnect, and Redis would run
 * what nobody waits for. Commands of a pipeline are sent together regardless.
 */
class SingleServer extends Redis {
  /** If the password may change, see `connectRedis`. */
  renew: (() => Promise<string>) | undefined;

  override sendCommand(...[command, stream]: Parameters<Redis["sendCommand"]>): unknown {
    if (stream === undefined && command.isSettled) return command.promise;
    return super.sendCommand(command, stream);
  }

  override duplicate(override?: Partial<RedisOptions>): Redis {
    const copy = new SingleServer({ ...this.options, ...override, replyMapping: "legacy" });
    if (this.renew) renewPassword(copy, this.renew);
    return copy;
  }
}

/**
 * Without automatic pipelining, which collects the commands of an event-loop turn: nearly all of ours are scripts, which
 * take Redis longer than a write takes us. If they are collected, Redis idles while we build them, and we idle while it
 * runs them. With 4 concurrent ingest requests, it halved the rate (docs/decisions/0021).
 */
function connectServer(url: string): SingleServer {
  const options = {
    ...SETTINGS,
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    retryStrategy: retryDelay,
  } satisfies RedisOptions;
  const socket = redisSocket(url);
  if (socket) return new SingleServer({ ...options, ...socket });
  const { url: address, tls } = secureRedis(url);
  return new SingleServer(address, { ...options, ...(tls && { tls }) });
}

/** ioredis starts a command's time-out when a node receives it; this also covers the wait for cluster discovery. */
class TimedCluster extends Cluster {
  override sendCommand(...[command, ...rest]: Parameters<Cluster["sendCommand"]>): unknown {
    command.setTimeout(COMMAND_TIMEOUT_MS);
    return super.sendCommand(command, ...rest);
  }
}

/**
 * Here automatic pipelining would also be incorrect: it sends commands of several slots together, and if a slot has moved
 * to another node, ioredis 6 fails those commands without following the redirection.
 */
function connectCluster(urls: string): Cluster {
  const secured = redisNodes(urls).map(secureRedis);
  const nodes = secured.map(({ url }) => new URL(url));
  const [{ username, password } = new URL("redis://")] = nodes;
  const tls = secured[0]?.tls;
  const options = {
    lazyConnect: true,
    clusterRetryStrategy: retryDelay,
    // The check queries the cluster's state from one node, which may be the one that is down.
    enableReadyCheck: false,
    redisOptions: {
      ...SETTINGS,
      ...(username !== "" && { username: decodeURIComponent(username) }),
      ...(password !== "" && { password: decodeURIComponent(password) }),
      ...(tls && { tls }),
    },
    // Certificates are issued for names, so the connection needs the name; ioredis would replace it with the address.
    ...(tls && { dnsLookup: (name, done) => done(null, name) }),
  } satisfies ClusterOptions;
  return new TimedCluster(
    nodes.map(({ hostname, port }) => ({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? 6379 : Number(port),
    })),
    options,
  );
}
