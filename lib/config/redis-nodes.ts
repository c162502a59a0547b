/**
 * The URLs that REDIS_URL names: one, or several of a cluster, with commas between them. A comma may stand in a password,
 * so only one before another URL counts.
 */
export const redisNodes = (urls: string): string[] => urls.trim().split(/\s*,\s*(?=rediss?:\/\/)/);
