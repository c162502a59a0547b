/** Whether LocalStack has keys that can sign checkpoints. */
import { CreateKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { expect, inject, it } from "vitest";
import { standIn } from "../../lib/aws/endpoint.ts";

const { endpoint } = inject("localStack");

it("LocalStack can't create an Ed25519 key, so KMS signing is tested with a fake only", async () => {
  const client = new KMSClient({ region: "us-east-1", maxAttempts: 1, ...standIn(endpoint) });
  const make = (KeySpec: "ECC_NIST_P256" | "ECC_NIST_EDWARDS25519") =>
    client.send(new CreateKeyCommand({ KeySpec, KeyUsage: "SIGN_VERIFY" }));
  const { KeyMetadata } = await make("ECC_NIST_P256");
  expect(KeyMetadata?.KeySpec).toBe("ECC_NIST_P256");
  await expect(make("ECC_NIST_EDWARDS25519")).rejects.toMatchObject({ name: "ValidationException" });
  client.destroy();
});
