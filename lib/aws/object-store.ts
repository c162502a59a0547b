/** Objects in an S3 bucket, each written and read in one request. */
import type { S3Client } from "@aws-sdk/client-s3";
import { standIn } from "./endpoint.ts";

type Sdk = typeof import("@aws-sdk/client-s3");

/** Milliseconds for one request; a large object takes seconds. */
const REQUEST_MS = 60_000;

export class ObjectStore {
  readonly #bucket: string;
  readonly #place: { endpoint: string | undefined; region: string };
  #connection: Promise<{ sdk: Sdk; client: S3Client }> | undefined;

  /** @param settings endpoint of a replacement for S3; undefined for S3 itself */
  constructor({
    name,
    ...place
  }: {
    name: string;
    endpoint: string | undefined;
    region: string;
  }) {
    this.#bucket = name;
    this.#place = place;
  }

  /** Writes an object; one with the same key is replaced at once and entirely. */
  async put(key: string, body: Uint8Array | string, contentType: string): Promise<void> {
    const { sdk, client } = await this.#connect();
    const { PutObjectCommand } = sdk;
    await client.send(
      new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: body, ContentType: contentType }),
    );
  }

  /** @returns undefined if there is no such object. Without the right to list the bucket, S3 refuses such a request */
  async get(key: string): Promise<Uint8Array | undefined> {
    const { sdk, client } = await this.#connect();
    const { GetObjectCommand, NoSuchKey } = sdk;
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    (await this.#connection?.catch(() => undefined))?.client.destroy();
  }

  /** Imported at the first call, so that deployments without a bucket do not wait for it. */
  #connect(): Promise<{ sdk: Sdk; client: S3Client }> {
    this.#connection ??= import("@aws-sdk/client-s3").then((sdk) => {
      const { region, endpoint } = this.#place;
      const { S3Client } = sdk;
      const client = new S3Client({
        region,
        // Local replacements for S3 have no host name for each bucket.
        forcePathStyle: endpoint !== undefined,
        ...standIn(endpoint),
        requestHandler: {
          connectionTimeout: 1_000,
          requestTimeout: REQUEST_MS,
          throwOnRequestTimeout: true,
        },
      });
      return { sdk, client };
    });
    return this.#connection;
  }
}
