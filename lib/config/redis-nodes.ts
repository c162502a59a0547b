/**
 * The URLs in REDIS_URL: one, or several nodes of a cluster, separated by commas. A password may contain a comma, so only a
 * comma before another URL separates.
 */
export const redisNodes = (urls: string): string[] => urls.trim().split(/\s*,\s*(?=rediss?:\/\/)/);
