/** Types of environment variables. */
import * as z from "zod";
import { redisNodes } from "./redis-nodes.ts";
import { isSocketUrl, redisSocket } from "./redis-socket.ts";
import { securePostgres, secureRedis, tlsFault } from "./tls.ts";

export const positiveInt = (fallback: number, max = 2_147_483_647) =>
  z.coerce.number().int().min(1).max(max).default(fallback);
export const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);
export const flag = (fallback: "true" | "false") =>
  z
    .enum(["true", "false"])
    .default(fallback)
    .transform((value) => value === "true");
export const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    message: `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(" or ")}`,
  });
/** A PostgreSQL server. */
export const databaseUrl = url("postgres:", "postgresql:").superRefine((value, { addIssue }) => {
  const fault = URL.canParse(value) ? tlsFault(securePostgres, value) : undefined;
  if (fault !== undefined) addIssue(fault);
});

/** One server, several nodes of a cluster separated by commas, or the Unix socket of a server on this machine. */
export const redisUrl = z
  .string()
  .refine((urls) => redisNodes(urls).every(isRedisUrl) || redisSocket(urls) !== undefined, {
    message:
      "must be a URL that starts with redis:// or rediss://, or several separated by commas, or unix:///path?db=…&username=…&password=…",
  })
  .superRefine((urls, { addIssue }) => {
    if (isSocketUrl(urls)) return;
    const fault = redisNodes(urls)
      .filter(isRedisUrl)
      .map((one) => tlsFault(secureRedis, one))
      .find((one) => one !== undefined);
    if (fault !== undefined) addIssue(fault);
  });

/** A comma that does not separate two URLs is valid in a password only. */
function isRedisUrl(text: string): boolean {
  const parsed = URL.parse(text);
  if (parsed === null || !["redis:", "rediss:"].includes(parsed.protocol)) return false;
  return !/,/.test(parsed.host + parsed.pathname);
}
