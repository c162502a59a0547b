import { inject } from "vitest";
import { checkpointBucketContract } from "../contract/checkpoint-bucket.ts";

checkpointBucketContract("LocalStack", async () => inject("localStack").endpoint, {
  conditional: true,
  lock: true,
});
