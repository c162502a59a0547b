/** TLS to PostgreSQL and Redis with authorities of our own: whom Weir trusts, and whom it refuses. */
import { describe, expect, it } from "vitest";
import { createDeps } from "../../../lib/app/connect.ts";
import { loadConfig } from "../../../lib/config/config.ts";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { connectRedis } from "../../../lib/redis/client.ts";
import { startPostgres } from "../../../local/postgres.ts";
import { startRedis } from "../../../local/redis.ts";
import { serverUser } from "../../../local/run-as.ts";
import { atEnd } from "../../support/cleanup.ts";
import { makeAuthority } from "../../support/servers/certificates.ts";
import { freePort } from "../../support/servers/ports.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";

const folder = await tempFolder("tls");
const ours = await makeAuthority(folder, "ours");
const theirs = await makeAuthority(folder, "theirs");
const client = await ours.issue("client", "postgres");
const stranger = await theirs.issue("stranger", "postgres");
const server = await ours.issue("server", "database.example", ["127.0.0.1", "localhost"]);
const evil = await theirs.issue("evil", "evil.example", ["127.0.0.1", "localhost"]);
const local = await ours.issue("local", "localhost", ["localhost"]);
const misnamed = await ours.issue("misnamed", "evil.example", ["evil.example"]);

type Certificate = typeof server;
type Parameters = Record<string, string>;

function withParameters(url: string, parameters: Parameters): string {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
  return changed.href;
}

describe("PostgreSQL", () => {
  /** Starts a server with a certificate. */
  async function start(name: string, { cert, key }: Certificate): Promise<string> {
    const dataDir = await tempFolder(name);
    const owner = await serverUser([dataDir, folder]);
    await Promise.all([owner.own(cert), owner.own(key), owner.own(ours.root)]);
    const settings = { ssl: "on", ssl_cert_file: cert, ssl_key_file: key, ssl_ca_file: ours.root };
    const { url, stop } = await startPostgres({ dataDir, port: 0, log: () => {}, settings });
    atEnd(stop);
    return url;
  }

  /** What the server says about this client's connection. */
  async function connectionOf(url: string, parameters: Parameters) {
    const config = loadConfig({
      DATABASE_URL: withParameters(url, parameters),
      REDIS_URL: "redis://127.0.0.1:1",
    });
    const { sql, redis } = createDeps(config);
    try {
      const [row] = await sql`SELECT ssl, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;
      return row;
    } finally {
      redis.disconnect();
      await sql.end({ timeout: 1 });
    }
  }

  const verified = { sslmode: "verify-full", sslrootcert: ours.root };

  it("is trusted if its certificate is from the given authority and has its name", async () => {
    const url = await start("right", server);
    expect(await connectionOf(url, verified)).toEqual({ ssl: true, client_dn: null });
    const byName = url.replace("127.0.0.1", "localhost");
    expect(await connectionOf(byName, verified)).toMatchObject({ ssl: true });
    expect(await connectionOf(url, {})).toMatchObject({ ssl: false });
  });

  it("takes the client's certificate", async () => {
    const url = await start("mutual", server);
    const own = { sslcert: client.cert, sslkey: client.key };
    expect(await connectionOf(url, { ...verified, ...own })).toEqual({
      ssl: true,
      client_dn: "/CN=postgres",
    });
    const other = { sslcert: stranger.cert, sslkey: stranger.key };
    await expect(connectionOf(url, { ...verified, ...other })).rejects.toThrow();
  });

  it.each([
    ["its certificate is from another authority", evil],
    ["its certificate has another name", misnamed],
    ["it was called by an address, and its certificate has a name", local],
  ])("is refused if %s, also by migrations", async (_, certificate) => {
    const url = await start("wrong", certificate);
    await expect(connectionOf(url, verified)).rejects.toThrow(/certificate|altnames/i);
    await expect(migrate(withParameters(url, verified))).rejects.toThrow(/certificate|altnames/i);
  });

  it("is refused if Node.js does not know its authority and none is given", async () => {
    const url = await start("unknown", server);
    await expect(connectionOf(url, { sslmode: "verify-full" })).rejects.toThrow(/certificate/i);
  });
});

describe("Redis", () => {
  async function start(name: string, { cert, key }: Certificate, settings: Parameters = {}): Promise<string> {
    const files = { "tls-cert-file": cert, "tls-key-file": key, "tls-ca-cert-file": ours.root };
    const dataDir = await tempFolder(name);
    const port = await freePort();
    const { stop } = await startRedis({
      dataDir,
      port: 0,
      log: () => {},
      settings: { "tls-port": String(port), "tls-auth-clients": "no", ...files, ...settings },
    });
    atEnd(stop);
    return `rediss://127.0.0.1:${port}`;
  }

  async function ping(url: string, parameters: Parameters): Promise<string> {
    const redis = connectRedis(
      loadConfig({ DATABASE_URL: "postgres://127.0.0.1:1/none", REDIS_URL: withParameters(url, parameters) }),
    );
    try {
      return await redis.ping();
    } finally {
      redis.disconnect();
    }
  }

  const verified = { ssl_ca_certs: ours.root };

  it("is trusted if its certificate is from the given authority and has its name", async () => {
    const url = await start("redis-right", server);
    expect(await ping(url, verified)).toBe("PONG");
    await expect(ping(url, {})).rejects.toThrow();
  });

  it("takes the client's certificate", async () => {
    const url = await start("redis-mutual", server, { "tls-auth-clients": "yes" });
    const own = { ssl_certfile: client.cert, ssl_keyfile: client.key };
    expect(await ping(url, { ...verified, ...own })).toBe("PONG");
    await expect(ping(url, verified)).rejects.toThrow();
  });

  it.each([
    ["its certificate is from another authority", evil],
    ["its certificate has another name", misnamed],
  ])("is refused if %s", async (_, certificate) => {
    await expect(ping(await start("redis-wrong", certificate), verified)).rejects.toThrow();
  });
});
