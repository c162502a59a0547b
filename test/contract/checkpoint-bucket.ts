/** What a bucket must do for copies of checkpoints; run against each S3 server available. */
import { randomUUID } from "node:crypto";
import * as s3 from "@aws-sdk/client-s3";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../lib/app/connect.ts";
import { CheckpointBucket, CheckpointConflictError } from "../../lib/audit/checkpoint/bucket.ts";
import { runCheckpoint } from "../../lib/audit/checkpoint/make.ts";
import { standIn } from "../../lib/aws/endpoint.ts";
import type { Checkpoint } from "../../lib/trail/checkpoint.ts";
import { canonicalJson } from "../../lib/trail/entry.ts";
import { storedCheckpoints, type TestCheckpoints, testCheckpoints } from "../support/audit/checkpoints.ts";
import { aCall, sealCalls } from "../support/audit/trail.ts";
import { testConfig } from "../support/servers/deps.ts";
import { freePort } from "../support/servers/ports.ts";

const LOCK_DAYS = 30;
const key = (number: number): string => `checkpoints/${String(number).padStart(12, "0")}.json`;

/** @param can which features of S3 the server supports: conditional writes and object locks */
export function checkpointBucketContract(
  name: string,
  startServer: () => Promise<string>,
  can: { conditional: boolean; lock: boolean },
): void {
  describe(`copies of checkpoints on ${name}`, () => {
    let endpoint: string;
    let client: s3.S3Client;
    beforeAll(async () => {
      endpoint = await startServer();
      client = new s3.S3Client({ region: "us-east-1", forcePathStyle: true, ...standIn(endpoint) });
      return () => client.destroy();
    });

    let deps: Deps;
    let made: TestCheckpoints;
    let Bucket: string;
    beforeEach(async () => {
      deps = createDeps(await testConfig());
      made = testCheckpoints(deps);
      Bucket = `weir-${randomUUID()}`;
      await client.send(new s3.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
      return () => closeDeps(deps);
    });

    const bucketAt = (url: string): CheckpointBucket =>
      new CheckpointBucket({ name: Bucket, endpoint: url, region: "us-east-1", lockDays: LOCK_DAYS });
    const run = (bucket: CheckpointBucket | undefined) =>
      runCheckpoint({ ...made.deps, bucket }, { endsAt: Date.now() + 60_000 });
    /** Adds an entry, so that there is something new to sign. */
    const change = (): Promise<void> => sealCalls(deps, [aCall(Date.now())]);
    const copies = async (): Promise<Record<string, string>> => {
      const { Contents = [] } = await client.send(new s3.ListObjectsV2Command({ Bucket }));
      const read = Contents.map(async ({ Key = "" }) => {
        const { Body } = await client.send(new s3.GetObjectCommand({ Bucket, Key }));
        return [Key, (await Body?.transformToString()) ?? ""] as const;
      });
      return Object.fromEntries(await Promise.all(read));
    };
    const wanted = (checkpoints: readonly Checkpoint[]): Record<string, string> =>
      Object.fromEntries(checkpoints.map((one) => [key(one.checkpoint), `${canonicalJson(one)}\n`]));

    it("are written once for each checkpoint", async () => {
      expect(await run(bucketAt(endpoint))).toMatchObject({ checkpoint: 1, copied: 1 });
      await change();
      expect(await run(bucketAt(endpoint))).toMatchObject({ checkpoint: 2, copied: 1 });
      expect(await run(bucketAt(endpoint))).toMatchObject({ checkpoint: null, copied: 0 });
      expect(await copies()).toEqual(wanted(await storedCheckpoints(deps)));
    });

    it("are written later for checkpoints made without a bucket or while it was unreachable", async () => {
      await run(undefined);
      await change();
      await expect(run(bucketAt(`http://127.0.0.1:${await freePort()}`))).rejects.toThrow();
      expect((await storedCheckpoints(deps)).length).toBe(2);
      expect(await copies()).toEqual({});
      expect(await run(bucketAt(endpoint))).toEqual({ busy: false, checkpoint: null, copied: 2 });
      expect(await copies()).toEqual(wanted(await storedCheckpoints(deps)));
    });

    it("can be written again by a run that did not get the answer", async () => {
      await run(bucketAt(endpoint));
      await deps.sql`UPDATE audit_checkpoints SET in_bucket = false`;
      expect(await run(bucketAt(endpoint))).toMatchObject({ checkpoint: null, copied: 1 });
    });

    it.runIf(can.conditional)(
      "are never overwritten: another checkpoint with the same number is detected",
      async () => {
        await run(bucketAt(endpoint));
        const before = await copies();
        // What an attacker who holds the key would do to cut off the newest rows: make every checkpoint again.
        await deps.sql`DELETE FROM audit_checkpoints`;
        await change();
        await expect(run(bucketAt(endpoint))).rejects.toThrow(CheckpointConflictError);
        expect(await copies()).toEqual(before);
      },
    );

    it.runIf(can.lock)("are locked until their checkpoint expires", async () => {
      await run(bucketAt(endpoint));
      const [one] = (await storedCheckpoints(deps)) as [Checkpoint];
      const place = { Bucket, Key: key(1) };
      const head = await client.send(new s3.HeadObjectCommand(place));
      const until = Date.parse(one.made_at) + LOCK_DAYS * 86_400_000;
      expect(head).toMatchObject({ ObjectLockMode: "COMPLIANCE", ContentType: "application/json" });
      // S3 keeps integer seconds.
      expect(Math.abs((head.ObjectLockRetainUntilDate?.getTime() ?? 0) - until)).toBeLessThan(1_000);
      const version = { ...place, VersionId: head.VersionId };
      const refused = { name: "AccessDenied" };
      await expect(client.send(new s3.DeleteObjectCommand(version))).rejects.toMatchObject(refused);
      const Retention = { Mode: "COMPLIANCE", RetainUntilDate: new Date(Date.now() + 60_000) } as const;
      const shorter = new s3.PutObjectRetentionCommand({ ...version, Retention });
      await expect(client.send(shorter)).rejects.toMatchObject(refused);
      const still = await client.send(new s3.GetObjectCommand(version));
      expect(await still.Body?.transformToString()).toBe(wanted([one])[place.Key]);
    });

    it("are written without a lock if it would already have ended", async () => {
      const now = Date.now() - 2 * LOCK_DAYS * 86_400_000;
      const deps = { ...made.deps, bucket: bucketAt(endpoint) };
      const done = await runCheckpoint(deps, { endsAt: Date.now() + 60_000, now });
      expect(done).toMatchObject({ checkpoint: 1, copied: 1 });
    });
  });
}
