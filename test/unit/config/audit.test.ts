import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checkpointDeps } from "../../../lib/audit/checkpoint/connect.ts";
import { ConfigError, loadConfig } from "../../../lib/config/config.ts";
import { loadLocalConfig } from "../../../lib/config/local.ts";

const servers = { DATABASE_URL: "postgres://db/weir", REDIS_URL: "redis://cache" };
const [one, two] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
const rsa = generateKeyPairSync("rsa", { modulusLength: 1_024 });

const privatePem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();
const publicPem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }).toString();
const base64 = (bytes: string | Buffer): string => Buffer.from(bytes).toString("base64");
const privateDer = (key: KeyObject): Buffer => key.export({ type: "pkcs8", format: "der" });
const publicDer = (key: KeyObject): Buffer => key.export({ type: "spki", format: "der" });

const pem = privatePem(one.privateKey);
const pems = [one, two].map(({ publicKey }) => publicPem(publicKey));

describe("AUDIT_SIGNING_KEY", () => {
  it.each([
    ["PEM", pem],
    ["PEM with escaped line breaks", pem.replaceAll("\n", "\\n")],
    ["base64 of PEM", base64(pem)],
    ["base64 of DER", base64(privateDer(one.privateKey))],
  ])("is accepted as %s, and its public key verifies checkpoints", (_, text) => {
    const config = loadConfig({ ...servers, AUDIT_SIGNING_KEY: text });
    const { auditSigning: signing, auditPublicKeys: keys } = config;
    expect(signing && "key" in signing && signing.key.equals(one.privateKey)).toBe(true);
    expect(keys).toHaveLength(1);
    expect(keys[0]?.equals(one.publicKey)).toBe(true);
  });

  it.each([
    ["a public key", publicPem(one.publicKey)],
    ["a key of another kind", privatePem(rsa.privateKey)],
    ["two keys", pem + privatePem(two.privateKey)],
    ["a key with text before it", `key: ${pem}`],
    ["half a key", base64(privateDer(one.privateKey)).slice(0, 40)],
    ["other text", "secret!"],
  ])("is refused by name, and never repeated, if it is %s", (_, text) => {
    const load = (): unknown => loadConfig({ ...servers, AUDIT_SIGNING_KEY: text, RETENTION_DAYS: "0" });
    expect(load).toThrow(ConfigError);
    expect(load).toThrow(/AUDIT_SIGNING_KEY: must be an Ed25519 private key/);
    expect(load).toThrow(/RETENTION_DAYS: /);
    expect(load).not.toThrow(text.slice(-30).trim());
  });

  it("is needed only to sign", () => {
    const config = loadConfig(servers);
    expect(config.auditSigning).toBeUndefined();
    expect(() => checkpointDeps(config)).toThrow(/Set AUDIT_SIGNING_KEY or AUDIT_KMS_KEY_ID/);
  });

  it("can't be set beside a KMS key", () => {
    const env = { ...servers, AUDIT_SIGNING_KEY: pem, AUDIT_KMS_KEY_ID: "alias/weir" };
    expect(() => loadConfig(env)).toThrow(/AUDIT_KMS_KEY_ID: can't be set together with AUDIT_SIGNING_KEY/);
    expect(loadConfig({ ...env, AUDIT_SIGNING_KEY: "" }).auditSigning).toEqual({
      kms: { keyId: "alias/weir", endpoint: undefined, region: "us-east-1" },
    });
  });
});

describe("AUDIT_PUBLIC_KEYS", () => {
  it.each([
    ["PEM after PEM", pems.join("")],
    ["PEM with escaped line breaks", pems.join("").replaceAll("\n", "\\n")],
    ["base64 of all", base64(pems.join(""))],
    ["base64 of each", pems.map(base64).join(",")],
    ["base64 of each one's DER", [one, two].map(({ publicKey }) => base64(publicDer(publicKey))).join(", ")],
  ])("are accepted as %s, besides the signing key's own, each once", (_, text) => {
    const keys = loadConfig({ ...servers, AUDIT_PUBLIC_KEYS: text, AUDIT_SIGNING_KEY: pem }).auditPublicKeys;
    expect(keys.map((key) => publicPem(key))).toEqual(pems);
  });

  it.each([
    ["a private key", pem],
    ["base64 of a private key", base64(pem)],
    ["base64 of a private key's DER", base64(privateDer(one.privateKey))],
    ["a key of another kind among them", pems[0] + publicPem(rsa.publicKey)],
    ["other text", "none"],
  ])("are refused by name if they are %s", (_, text) => {
    expect(() => loadConfig({ ...servers, AUDIT_PUBLIC_KEYS: text })).toThrow(
      /AUDIT_PUBLIC_KEYS: must be concatenated Ed25519 public keys/,
    );
  });

  it("are optional", () => {
    expect(loadConfig(servers)).toMatchObject({ auditPublicKeys: [], auditBucket: undefined });
  });
});

describe("AUDIT_CHECKPOINT_BUCKET", () => {
  const env = { ...servers, AUDIT_CHECKPOINT_BUCKET: "weir-audit", AUDIT_RETENTION_DAYS: "30" };

  it("has its objects locked for as long as entries are kept", () => {
    expect(loadConfig({ ...env, S3_ENDPOINT: "http://127.0.0.1:4566" }).auditBucket).toEqual({
      name: "weir-audit",
      endpoint: "http://127.0.0.1:4566",
      region: "us-east-1",
      lockDays: 30,
    });
    expect(() => loadConfig({ ...env, AUDIT_CHECKPOINT_BUCKET: "Weir/x" })).toThrow(
      /AUDIT_CHECKPOINT_BUCKET: /,
    );
  });

  it("must be on this machine for a local run", () => {
    const refused = /AUDIT_CHECKPOINT_BUCKET: requires an S3_ENDPOINT on this machine/;
    expect(() => loadLocalConfig({ AUDIT_CHECKPOINT_BUCKET: "weir" })).toThrow(refused);
    const remote = { AUDIT_CHECKPOINT_BUCKET: "weir", S3_ENDPOINT: "https://s3.example.com" };
    expect(() => loadLocalConfig(remote)).toThrow(refused);
    expect(loadLocalConfig({ ...remote, S3_ENDPOINT: "http://localhost:4566" }).queue).toBe("redis");
  });
});
