/** Signs with a key in AWS KMS, from where nobody can export it: key spec `ECC_NIST_EDWARDS25519`. */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { KMSClient } from "@aws-sdk/client-kms";
import { standIn } from "../../aws/endpoint.ts";
import type { KmsSettings } from "../../config/audit.ts";
import type { Signer } from "./signer.ts";

type Sdk = typeof import("@aws-sdk/client-kms");

export class KmsSigner implements Signer {
  readonly #settings: KmsSettings;
  #connection: Promise<{ sdk: Sdk; client: KMSClient }> | undefined;

  constructor(settings: KmsSettings) {
    this.#settings = settings;
  }

  /** Not cached: an alias may point to another key than the last time. */
  async publicKey(): Promise<KeyObject> {
    const { sdk, client } = await this.#connect();
    const answer = await client.send(new sdk.GetPublicKeyCommand({ KeyId: this.#settings.keyId }));
    const der = Buffer.from(answer.PublicKey ?? []);
    const key = createPublicKey({ key: der, format: "der", type: "spki" });
    if (key.asymmetricKeyType !== "ed25519")
      throw new TypeError(
        `The key at AUDIT_KMS_KEY_ID has the spec ${answer.KeySpec}, not ECC_NIST_EDWARDS25519.`,
      );
    return key;
  }

  async sign(message: Buffer): Promise<Buffer> {
    const { sdk, client } = await this.#connect();
    const { Signature = new Uint8Array() } = await client.send(
      new sdk.SignCommand({
        KeyId: this.#settings.keyId,
        Message: message,
        // Ed25519 as in RFC 8032 signs the message itself; with a digest it would be Ed25519ph.
        // https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
        MessageType: "RAW",
        SigningAlgorithm: "ED25519_SHA_512",
      }),
    );
    return Buffer.from(Signature);
  }

  /** Imported at the first call, so that deployments with their own key do not wait for it. */
  #connect(): Promise<{ sdk: Sdk; client: KMSClient }> {
    this.#connection ??= import("@aws-sdk/client-kms").then((sdk) => {
      const { region, endpoint } = this.#settings;
      const client = new sdk.KMSClient({
        region,
        ...standIn(endpoint),
        // Three attempts take less than the 30 s after which the server ends an idle transaction.
        requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
      });
      return { sdk, client };
    });
    return this.#connection;
  }
}
