/**
 * TLS to PostgreSQL and Redis, by parameters of their URLs. The server's certificate and name are always verified: a mode
 * that encrypts without verifying protects from nobody who can redirect a connection.
 */
import { readFileSync } from "node:fs";

/** Options of `tls.connect`. */
export interface TlsOptions {
  rejectUnauthorized: true;
  /** Authorities to trust in place of those of Node.js, in PEM. */
  ca?: string;
  /** The client's certificate and its key, in PEM. */
  cert?: string;
  key?: string;
}

/** A server's address and how to connect to it. */
export interface Secured {
  /** Without what concerns TLS. */
  url: string;
  /** Undefined for a connection without TLS. */
  tls: TlsOptions | undefined;
}

/** The parameters that name files: of the authorities, the client's certificate, and its key. */
interface FileParameters {
  ca: string;
  cert: string;
  key: string;
}

/** As libpq names them: https://www.postgresql.org/docs/current/libpq-connect.html */
const POSTGRES_FILES: FileParameters = { ca: "sslrootcert", cert: "sslcert", key: "sslkey" };
/** As redis-py names them; `rediss:` has no parameters of its own. */
const REDIS_FILES: FileParameters = { ca: "ssl_ca_certs", cert: "ssl_certfile", key: "ssl_keyfile" };

const VERIFY =
  "use sslmode=verify-full, and sslrootcert=<file> unless Node.js knows the certificate's authority";

/** Modes of libpq that do not verify the server, or not its name. */
const UNVERIFIED = new Set(["allow", "prefer", "require", "verify-ca", "no-verify"]);

/**
 * Parses a PostgreSQL URL's `sslmode` (`disable` or `verify-full`), `sslrootcert` (a file, or `system`), `sslcert` and
 * `sslkey`.
 * @throws with a sentence about the parameter that is wrong or the file that can't be read
 */
export function securePostgres(url: string): Secured {
  const parsed = new URL(url);
  const { searchParams } = parsed;
  const mode = searchParams.get("sslmode") ?? "disable";
  if (searchParams.has("ssl")) throw new Error(`has the parameter ssl: ${VERIFY}`);
  if (UNVERIFIED.has(mode))
    throw new Error(`has sslmode=${mode}, which does not verify the server: ${VERIFY}`);
  if (mode !== "disable" && mode !== "verify-full")
    throw new Error(`has sslmode=${mode}: it must be disable or verify-full`);
  searchParams.delete("sslmode");
  if (searchParams.get(POSTGRES_FILES.ca) === "system") searchParams.delete(POSTGRES_FILES.ca);
  return secured(parsed, POSTGRES_FILES, mode === "verify-full", "sslmode=verify-full");
}

/**
 * Parses the parameters of a Redis URL. A URL with the scheme `rediss:` uses TLS.
 * @throws as `securePostgres`
 */
export function secureRedis(url: string): Secured {
  const parsed = new URL(url);
  const isSecure = parsed.protocol === "rediss:";
  parsed.protocol = "redis:";
  return secured(parsed, REDIS_FILES, isSecure, "rediss://");
}

/** @param needed what a URL with TLS has, for the message */
function secured(url: URL, names: FileParameters, isSecure: boolean, needed: string): Secured {
  const files = Object.entries(names).flatMap(([option, name]) => {
    const file = url.searchParams.get(name);
    if (file === null) return [];
    if (!isSecure) throw new Error(`has the parameter ${name}, which needs ${needed}`);
    url.searchParams.delete(name);
    return [[option, readPem(name, file)] as const];
  });
  const options: Omit<TlsOptions, "rejectUnauthorized"> = Object.fromEntries(files);
  if ((options.cert === undefined) !== (options.key === undefined))
    throw new Error(`must have both ${names.cert} and ${names.key}, or neither`);
  return { url: url.href, tls: isSecure ? { rejectUnauthorized: true, ...options } : undefined };
}

function readPem(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`has ${name}=${file}: ${(error as NodeJS.ErrnoException).code ?? "it can't be read"}`);
  }
}

/** What is wrong with a URL's parameters for TLS, as a sentence without a subject; undefined if nothing is. */
export function tlsFault(secure: (url: string) => Secured, url: string): string | undefined {
  try {
    secure(url);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
