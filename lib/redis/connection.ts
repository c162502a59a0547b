import type { Cluster, Redis } from "ioredis";

/** A single server or a cluster. */
export type RedisConnection = Redis | Cluster;
