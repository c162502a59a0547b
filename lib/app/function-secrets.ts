/** Gives each function a secret of its own: its user in PostgreSQL, and what else only it may know. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import type { Members, Secrets } from "../aws/secrets.ts";
import { readPublicKeys, readSigningKey } from "../config/ed25519.ts";
import type { StageSettings } from "../config/secret.ts";
import type { Database } from "../postgres/client.ts";
import { FUNCTION_USERS, type FunctionUser, provideUsers, userName } from "../storage/users.ts";
import { type StageSecret, withLogin } from "./stage-secret.ts";

/** Functions that verify checkpoints. */
const VERIFIERS: readonly FunctionUser[] = ["audit", "checkpoint"];

type Own = Map<FunctionUser, Members>;

/**
 * Makes the functions' users in PostgreSQL, and writes the secrets that have changed. What a function knows already stays as
 * it is, so a repeated run changes nothing.
 * @param rotate whether the users get new passwords
 * @returns the functions whose secret has changed
 * @throws if a user can't be made, or a secret can't be read or written; the next run completes what is missing
 */
export async function provideSecrets(
  { sql, secrets }: { sql: Database; secrets: Secrets },
  stage: StageSecret,
  { functionSecrets, databaseUsers, signsWithKms }: StageSettings,
  { rotate }: { rotate: boolean },
): Promise<FunctionUser[]> {
  const own: Own = new Map();
  for (const name of FUNCTION_USERS) {
    const id = functionSecrets.get(name);
    if (id !== undefined) own.set(name, await secrets.read(id));
  }
  const database = decodeURIComponent(new URL(stage.databaseUrl).pathname.slice(1));
  const logins = new Map(
    [...own].map(([name, members]) => [name, loginFor(userName(database, name), members, rotate)]),
  );
  // A function that is refused meanwhile reads its secret again until it has the new password.
  if (databaseUsers)
    await provideUsers(sql, new Map([...logins].map(([name, { password }]) => [name, password])));
  const audit = auditKeys(stage, own.get("checkpoint"), signsWithKms);
  const seed = sharedSeed(own);
  const changed: FunctionUser[] = [];
  for (const [name, before] of own) {
    const login = databaseUsers ? logins.get(name) : undefined;
    const members: Members = {
      // In the form that RDS Proxy reads.
      ...login,
      DATABASE_URL: withLogin(stage.databaseUrl, login ?? {}),
      REDIS_URL: stage.redisUrl,
      PLACE_SEED: seed,
      ...(VERIFIERS.includes(name) &&
        audit.publicKeys !== undefined && { AUDIT_PUBLIC_KEYS: audit.publicKeys }),
      ...(name === "checkpoint" && audit.signingKey !== undefined && { AUDIT_SIGNING_KEY: audit.signingKey }),
    };
    if (isSame(before, members)) continue;
    await secrets.write(functionSecrets.get(name) ?? "", members);
    changed.push(name);
  }
  return changed;
}

interface Login {
  username: string;
  password: string;
}

/** With the password that the user has, or a new one. Another user's, such as the owner's, is never taken over. */
function loginFor(username: string, known: Members, rotate: boolean): Login {
  const kept = rotate || known.username !== username ? undefined : known.password;
  return { username, password: kept ?? randomBytes(32).toString("base64url") };
}

/** All functions must have the same. */
function sharedSeed(own: Own): string {
  const known = [...own.values()].find(({ PLACE_SEED }) => PLACE_SEED !== undefined);
  return known?.PLACE_SEED ?? randomBytes(32).toString("base64url");
}

interface AuditKeys {
  signingKey: string | undefined;
  publicKeys: string | undefined;
}

/**
 * The keys of the stage's secret. If it has none to sign with, the function `checkpoint` keeps the one that it has, or gets a
 * new one.
 */
function auditKeys(stage: StageSecret, known: Members | undefined, signsWithKms: boolean): AuditKeys {
  const { auditSigningKey: signingKey, auditPublicKeys: publicKeys } = stage;
  if (signsWithKms || signingKey !== undefined) return { signingKey, publicKeys };
  const key = readSigningKey(known?.AUDIT_SIGNING_KEY ?? "") ?? generateKeyPairSync("ed25519").privateKey;
  const others = readPublicKeys(publicKeys ?? "") ?? [];
  return {
    signingKey: key.export({ type: "pkcs8", format: "der" }).toString("base64"),
    publicKeys: [createPublicKey(key), ...others].map(base64).join(","),
  };
}

const base64 = (key: KeyObject): string => key.export({ type: "spki", format: "der" }).toString("base64");

const isSame = (before: Members, after: Members): boolean =>
  Object.keys({ ...before, ...after }).every((name) => before[name] === after[name]);
