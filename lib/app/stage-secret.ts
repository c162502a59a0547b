/** The secret of a stage, which people or the stack `infra` write and only the function `migrate` reads. */
import * as z from "zod";
import type { Members, Secrets } from "../aws/secrets.ts";

/** Members that concern a login are in the URLs, or in secrets of their own, such as the one that RDS manages. */
const stageSchema = z.object({
  databaseUrl: z.string(),
  /** The database's own address, if `databaseUrl` points to a pooler. */
  directUrl: z.string().optional(),
  /** ARN of a secret with `username` and `password`. */
  databaseSecret: z.string().optional(),
  redisUrl: z.string(),
  redisSecret: z.string().optional(),
  auditSigningKey: z.string().optional(),
  auditPublicKeys: z.string().optional(),
});

export type StageSecret = Omit<z.output<typeof stageSchema>, "databaseSecret" | "redisSecret">;

/**
 * Reads it, with the logins in the URLs.
 * @throws if it or a secret that it names can't be read, or lacks a member
 */
export async function readStageSecret(secrets: Secrets, id: string): Promise<StageSecret> {
  const parsed = stageSchema.safeParse(await secrets.read(id));
  if (!parsed.success) {
    const names = parsed.error.issues.map(({ path }) => path.join(".")).join(", ");
    throw new Error(`The secret ${id} has no ${names}: see docs/operations.md.`);
  }
  const { databaseSecret, redisSecret, ...stage } = parsed.data;
  const login = async (other: string | undefined): Promise<Members> =>
    other === undefined ? {} : secrets.read(other);
  const [database, redis] = [await login(databaseSecret), await login(redisSecret)];
  return {
    ...stage,
    databaseUrl: withLogin(stage.databaseUrl, database),
    ...(stage.directUrl !== undefined && { directUrl: withLogin(stage.directUrl, database) }),
    redisUrl: withLogin(stage.redisUrl, redis),
  };
}

/** The URL with another user and password, each if given. */
export function withLogin(
  url: string,
  { username, password }: { username?: string; password?: string },
): string {
  const changed = new URL(url);
  // Assigning to `username` leaves characters as they are that would end it.
  if (username !== undefined) changed.username = encodeURIComponent(username);
  if (password !== undefined) changed.password = encodeURIComponent(password);
  return changed.href;
}
