import { expect, it } from "vitest";
import { checkpointDeps } from "../../../lib/audit/checkpoint/connect.ts";
import { runCheckpoint } from "../../../lib/audit/checkpoint/make.ts";
import { KmsSigner } from "../../../lib/audit/checkpoint/signer-kms.ts";
import { loadConfig } from "../../../lib/config/config.ts";
import { type Checkpoint, checkpointHash, isSignedBy } from "../../../lib/trail/checkpoint.ts";
import { storedCheckpoints } from "../../support/audit/checkpoints.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { fakeKms } from "../../support/servers/kms.ts";

const KEY = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";

it("a KMS key signs checkpoints, by the calls that its documentation describes", async () => {
  const kms = await fakeKms(KEY);
  const { sql, config } = await testDeps();
  const servers = { DATABASE_URL: config.databaseUrl, REDIS_URL: config.redisUrl, LOG_LEVEL: "SILENT" };
  const signing = { AUDIT_KMS_KEY_ID: KEY, KMS_ENDPOINT: kms.endpoint, AWS_REGION: "eu-central-1" };
  const deps = checkpointDeps(loadConfig({ ...servers, ...signing }));
  expect(await runCheckpoint(deps, { endsAt: Date.now() + 60_000 })).toMatchObject({ checkpoint: 1 });
  await deps.sql.end();
  const [checkpoint] = (await storedCheckpoints({ sql })) as [Checkpoint];
  expect(isSignedBy(checkpoint, [kms.publicKey])).toBe(true);
  const Message = Buffer.from(checkpointHash(checkpoint), "hex").toString("base64");
  const body = { KeyId: KEY, Message, MessageType: "RAW", SigningAlgorithm: "ED25519_SHA_512" };
  expect(kms.calls).toMatchObject([
    { action: "GetPublicKey", body: { KeyId: KEY } },
    { action: "Sign", body },
  ]);
  expect(kms.calls[0]?.authorization).toMatch(/Credential=local\/\d+\/eu-central-1\/kms\/aws4_request/);
});

it("a KMS key of another kind, or a missing one, is reported", async () => {
  const { endpoint } = await fakeKms(KEY, "ec");
  const signer = (keyId: string) => new KmsSigner({ keyId, endpoint, region: "us-east-1" });
  await expect(signer(KEY).publicKey()).rejects.toThrow(
    "The key at AUDIT_KMS_KEY_ID has the spec ECC_NIST_P256, not ECC_NIST_EDWARDS25519.",
  );
  await expect(signer("alias/other").publicKey()).rejects.toMatchObject({ name: "NotFoundException" });
});
