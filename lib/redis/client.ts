import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import type { Config } from "../config/config.ts";
import { redisNodes } from "../config/redis-nodes.ts";
import type { RedisConnection } from "./connection.ts";
import { defineScripts } from "./script.ts";

const COMMAND_TIMEOUT_MS = 1_500;

/**
 * A connection on which nothing comes while a command waits is dead, whatever TCP says, after this many milliseconds. It
 * is destroyed, and the command sent again on another connection in time for its answer.
 */
const SOCKET_TIMEOUT_MS = 750;
const SETTINGS = {
  connectTimeout: 1_000,
  commandTimeout: COMMAND_TIMEOUT_MS,
  socketTimeout: SOCKET_TIMEOUT_MS,
  keepAlive: 10_000,
} as const satisfies RedisOptions;

/** Milliseconds to the next attempt to connect; also the longest that a command waits to learn that Redis is still away. */
const retryDelay = (attempt: number): number => Math.min(25 * 2 ** attempt, 250);

/**
 * A connection that fails fast: ingest answers 503 within about a second when Redis is away, and the client retries,
 * instead of holding a Lambda and its caller until the function times out.
 */
export function connectRedis(settings: Pick<Config, "redisUrl" | "redisCluster">): RedisConnection {
  const redis = settings.redisCluster ? connectCluster(settings.redisUrl) : connectServer(settings.redisUrl);
  // Each failed command rejects for its caller; without a listener ioredis prints every reconnect attempt as well.
  redis.on("error", () => {});
  defineScripts(redis);
  return redis;
}

/**
 * Sends no command whose caller was told that it failed: ioredis would, after it has connected again, and Redis would do
 * what nobody waits for. Commands of a pipeline go together.
 */
class SingleServer extends Redis {
  override sendCommand(...[command, stream]: Parameters<Redis["sendCommand"]>): unknown {
    if (stream === undefined && command.isSettled) return command.promise;
    return super.sendCommand(command, stream);
  }

  override duplicate(override?: Partial<RedisOptions>): Redis {
    return new SingleServer({ ...this.options, ...override, replyMapping: "legacy" });
  }
}

/**
 * Without automatic pipelining, which collects the commands of a turn of the event loop: nearly all of ours are scripts that
 * take Redis longer than a write takes us, and collected, Redis waits while we make them, and we while it runs them. Of
 * requests to ingest, 4 at a time, it halved the rate (docs/decisions/0021).
 */
const connectServer = (url: string): Redis =>
  new SingleServer(url, {
    ...SETTINGS,
    lazyConnect: true,
    maxRetriesPerRequest: 1,
    retryStrategy: retryDelay,
  });

/** ioredis times a command from when a node has it; here also while it waits for the cluster to be found. */
class TimedCluster extends Cluster {
  override sendCommand(...[command, ...rest]: Parameters<Cluster["sendCommand"]>): unknown {
    command.setTimeout(COMMAND_TIMEOUT_MS);
    return super.sendCommand(command, ...rest);
  }
}

/**
 * Here automatic pipelining would also be wrong: it sends commands of several slots together, and when a slot has moved to
 * another node, ioredis 6 fails those commands without asking where it went.
 */
function connectCluster(urls: string): Cluster {
  const nodes = redisNodes(urls).map((url) => new URL(url));
  const [{ protocol, username, password } = new URL("redis://")] = nodes;
  const tls = protocol === "rediss:";
  const options = {
    lazyConnect: true,
    clusterRetryStrategy: retryDelay,
    // It would ask one node, perhaps just the one that is away, how the whole cluster is.
    enableReadyCheck: false,
    redisOptions: {
      ...SETTINGS,
      ...(username !== "" && { username: decodeURIComponent(username) }),
      ...(password !== "" && { password: decodeURIComponent(password) }),
      ...(tls && { tls: {} }),
    },
    // A certificate is for a name, so the name must reach the connection: ioredis would put the address in its place.
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
