/** A Unix socket on which a Redis on this machine listens, and how to log in. */
export interface RedisSocket {
  path: string;
  db: number;
  username?: string;
  password?: string;
}

export const isSocketUrl = (url: string): boolean => /^unix:/i.test(url);

/**
 * Parses `unix:///run/redis/redis.sock?db=1&username=…&password=…`; the parameters are optional. Special characters are
 * percent-encoded, as in any URL.
 * @returns undefined if the text is not such a URL
 */
export function redisSocket(text: string): RedisSocket | undefined {
  const url = URL.parse(text);
  if (url?.protocol !== "unix:" || url.host !== "" || url.hash !== "") return undefined;
  const { db = "0", username, password, ...others } = Object.fromEntries(url.searchParams);
  if (Object.keys(others).length > 0 || !/^\d{1,5}$/.test(db)) return undefined;
  try {
    const path = decodeURIComponent(url.pathname);
    if (!path.startsWith("/") || path.endsWith("/")) return undefined;
    return {
      path,
      db: Number(db),
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    };
  } catch {
    return undefined;
  }
}
