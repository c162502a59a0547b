/** Secrets of AWS Secrets Manager whose text is a JSON object of strings. */
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import * as z from "zod";

type Sdk = typeof import("@aws-sdk/client-secrets-manager");
export type Members = Record<string, string>;

const membersSchema = z.record(z.string(), z.string());

/** Milliseconds for one attempt; there are two. A call that waits for a secret must still be able to respond. */
const TIMEOUT_MS = 1_500;

export class Secrets {
  readonly #region: string;
  #connected: { sdk: Sdk; client: SecretsManagerClient } | undefined;

  /** Connects with the first call. Another endpoint can be set by AWS_ENDPOINT_URL_SECRETS_MANAGER. */
  constructor({ region }: { region: string }) {
    this.#region = region;
  }

  /**
   * @param id name or ARN
   * @returns no members if the secret has no value yet
   * @throws if the secret does not exist, can't be read, or is not a JSON object of strings; without its text
   */
  async read(id: string): Promise<Members> {
    const { sdk, client } = await this.#connect();
    const text = await client.send(new sdk.GetSecretValueCommand({ SecretId: id })).then(
      ({ SecretString }) => SecretString ?? "{}",
      (error: unknown) => {
        // Without a value, there is no version with the label AWSCURRENT.
        if (error instanceof sdk.ResourceNotFoundException && /AWSCURRENT/.test(error.message)) return "{}";
        throw error;
      },
    );
    try {
      return membersSchema.parse(JSON.parse(text));
    } catch {
      throw new Error(`The secret ${id} must be a JSON object whose members are strings.`);
    }
  }

  /** Replaces the secret's value. */
  async write(id: string, members: Members): Promise<void> {
    const { sdk, client } = await this.#connect();
    await client.send(new sdk.PutSecretValueCommand({ SecretId: id, SecretString: JSON.stringify(members) }));
  }

  close(): void {
    this.#connected?.client.destroy();
    this.#connected = undefined;
  }

  /** Imports the SDK with the first call, as `connectSqs` does. */
  async #connect() {
    const sdk = await import("@aws-sdk/client-secrets-manager");
    this.#connected ??= {
      sdk,
      client: new sdk.SecretsManagerClient({
        region: this.#region,
        maxAttempts: 2,
        requestHandler: { connectionTimeout: 1_000, requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true },
      }),
    };
    return this.#connected;
  }
}
