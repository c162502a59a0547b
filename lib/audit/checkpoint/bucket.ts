/** Copies of checkpoints in an S3 bucket. Nobody, including its owner, can change or delete them before their lock ends. */

import type { S3Client } from "@aws-sdk/client-s3";
import { standIn } from "../../aws/endpoint.ts";
import { DAY_MS } from "../../base/time.ts";
import type { BucketSettings } from "../../config/audit.ts";
import type { Checkpoint } from "../../trail/checkpoint.ts";
import { canonicalJson } from "../../trail/entry.ts";

type Sdk = typeof import("@aws-sdk/client-s3");

/** The bucket has another checkpoint with this number: either that one or this database's is not the original. */
export class CheckpointConflictError extends Error {
  override name = "CheckpointConflictError";
}

export class CheckpointBucket {
  readonly #settings: BucketSettings;
  #connection: Promise<{ sdk: Sdk; client: S3Client }> | undefined;

  constructor(settings: BucketSettings) {
    this.#settings = settings;
  }

  /**
   * Writes a copy, `checkpoints/<number in 12 digits>.json`, unless it exists.
   * @throws {CheckpointConflictError}
   */
  async put(checkpoint: Checkpoint): Promise<void> {
    const { sdk, client } = await this.#connect();
    const number = String(checkpoint.checkpoint).padStart(12, "0");
    const place = { Bucket: this.#settings.name, Key: `checkpoints/${number}.json` };
    const body = `${canonicalJson(checkpoint)}\n`;
    const until = new Date(Date.parse(checkpoint.made_at) + this.#settings.lockDays * DAY_MS);
    // The lock of an old checkpoint that is copied late may be over already; S3 accepts future times only.
    const lock = until.getTime() > Date.now() && {
      ObjectLockMode: "COMPLIANCE" as const,
      ObjectLockRetainUntilDate: until,
    };
    const put = new sdk.PutObjectCommand({
      ...place,
      Body: body,
      ContentType: "application/json",
      IfNoneMatch: "*",
      ...lock,
    });
    try {
      await client.send(put);
    } catch (error) {
      if (!isTaken(error)) throw error;
      // The object is this checkpoint if the response to an earlier attempt was lost.
      const there = await client.send(new sdk.GetObjectCommand(place));
      if ((await there.Body?.transformToString()) !== body)
        throw new CheckpointConflictError(`The bucket has another checkpoint ${checkpoint.checkpoint}.`);
    }
  }

  /** Imported at the first call, so that deployments without a bucket do not wait for it. */
  #connect(): Promise<{ sdk: Sdk; client: S3Client }> {
    this.#connection ??= import("@aws-sdk/client-s3").then((sdk) => {
      const { region, endpoint } = this.#settings;
      const client = new sdk.S3Client({
        region,
        // Local replacements for S3 have no host name for each bucket.
        forcePathStyle: endpoint !== undefined,
        ...standIn(endpoint),
        requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
      });
      return { sdk, client };
    });
    return this.#connection;
  }
}

/** 412: an object with this name exists. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html */
const isTaken = (error: unknown): boolean =>
  error instanceof Error &&
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 412;
