import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ConfigError, loadConfig } from "../../../lib/config/config.ts";
import { securePostgres, secureRedis } from "../../../lib/config/tls.ts";

const folder = mkdtempSync(join(tmpdir(), "weir-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));
const pem = join(folder, "some.pem");
writeFileSync(pem, "-----BEGIN");

function faultsOf(env: Record<string, string>): string {
  try {
    loadConfig({ DATABASE_URL: "postgres://h/d", REDIS_URL: "redis://h", ...env });
    return "";
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

describe("a database's URL", () => {
  it.each(["postgres://u:p%40@h:1/d", "postgres://h/d?sslmode=disable"])("without TLS is %s", (url) => {
    expect(securePostgres(url)).toEqual({ url: url.split("?")[0], tls: undefined });
  });

  it.each(["verify-full", "verify-full&sslrootcert=system"])("uses TLS with sslmode=%s", (mode) => {
    expect(securePostgres(`postgres://h/d?sslmode=${mode}&application_name=x`)).toEqual({
      url: "postgres://h/d?application_name=x",
      tls: { rejectUnauthorized: true },
    });
  });

  it("names files of an authority, a certificate and its key", () => {
    const files = `sslrootcert=${pem}&sslcert=${pem}&sslkey=${pem}`;
    expect(securePostgres(`postgres://h/d?sslmode=verify-full&${files}`)).toEqual({
      url: "postgres://h/d",
      tls: { rejectUnauthorized: true, ca: "-----BEGIN", cert: "-----BEGIN", key: "-----BEGIN" },
    });
  });

  it.each([
    ["sslmode=require", "does not verify the server: use sslmode=verify-full"],
    ["sslmode=prefer", "does not verify the server"],
    ["sslmode=allow", "does not verify the server"],
    ["sslmode=verify-ca", "does not verify the server"],
    ["sslmode=no-verify", "does not verify the server"],
    ["sslmode=on", "must be disable or verify-full"],
    ["ssl=true", "use sslmode=verify-full"],
    ["sslmode=verify-full&sslrootcert=missing.pem", "sslrootcert=missing.pem: ENOENT"],
    [`sslrootcert=${pem}`, "sslrootcert, which needs sslmode=verify-full"],
    [`sslmode=verify-full&sslcert=${pem}`, "must have both sslcert and sslkey"],
  ])("is refused with %s", (query, fault) => {
    const faults = faultsOf({ DATABASE_URL: `postgres://u:hunter2@h/d?${query}` });
    expect(faults).toMatch(/DATABASE_URL: (has|must)/);
    expect(faults).toContain(fault);
    expect(faults).not.toContain("hunter2");
  });
});

describe("a URL of Redis", () => {
  it("uses TLS with rediss:", () => {
    expect(secureRedis("redis://h/2")).toEqual({ url: "redis://h/2", tls: undefined });
    expect(secureRedis("rediss://u:p@h:1/2")).toEqual({
      url: "redis://u:p@h:1/2",
      tls: { rejectUnauthorized: true },
    });
    expect(secureRedis(`rediss://h?ssl_ca_certs=${pem}&ssl_certfile=${pem}&ssl_keyfile=${pem}`)).toEqual({
      url: "redis://h",
      tls: { rejectUnauthorized: true, ca: "-----BEGIN", cert: "-----BEGIN", key: "-----BEGIN" },
    });
  });

  it.each([
    [`redis://h?ssl_ca_certs=${pem}`, "ssl_ca_certs, which needs rediss://"],
    [`rediss://a,rediss://b?ssl_keyfile=${pem}`, "must have both ssl_certfile and ssl_keyfile"],
    ["rediss://h?ssl_ca_certs=missing.pem", "ssl_ca_certs=missing.pem: ENOENT"],
  ])("is refused if it is %s", (url, fault) => {
    expect(faultsOf({ REDIS_URL: url })).toContain(`REDIS_URL: ${fault.startsWith("must") ? "" : "has "}`);
    expect(faultsOf({ REDIS_URL: url })).toContain(fault);
  });
});

describe("REQUIRE_TLS", () => {
  const REQUIRED = { REQUIRE_TLS: "true" };
  const SECURE = { DATABASE_URL: "postgres://h/d?sslmode=verify-full", REDIS_URL: "rediss://h" };

  it("accepts verified connections, and Redis on a Unix socket", () => {
    expect(faultsOf({ ...REQUIRED, ...SECURE })).toBe("");
    expect(faultsOf({ ...REQUIRED, ...SECURE, REDIS_URL: "unix:///run/redis.sock" })).toBe("");
  });

  it("refuses connections that are not encrypted, or whose verification Node.js is told to omit", () => {
    expect(faultsOf(REQUIRED)).toMatch(
      /DATABASE_URL: must have sslmode=verify-full.*\n.*REDIS_URL: must start/,
    );
    const unverified = faultsOf({ ...REQUIRED, ...SECURE, NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    expect(unverified).toContain("NODE_TLS_REJECT_UNAUTHORIZED: must not be 0");
    expect(faultsOf({ NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toBe("");
  });
});
