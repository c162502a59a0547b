import type { CheckpointDeps } from "./checkpoint.ts";
import { CheckpointBucket } from "./checkpoint-bucket.ts";
import { type Config, ConfigError } from "./config.ts";
import { createLogger } from "./log.ts";
import { keySigner } from "./signer-key.ts";
import { KmsSigner } from "./signer-kms.ts";
import { connectDatabase } from "./sql/client.ts";

/**
 * What checkpoints are made with: no Redis and no queue. Nothing is opened before it is used.
 * @throws {ConfigError} where nothing says who signs
 */
export function checkpointDeps(config: Config): CheckpointDeps {
  const { auditSigning: signing, auditBucket: bucket } = config;
  if (signing === undefined)
    throw new ConfigError("Set AUDIT_SIGNING_KEY or AUDIT_KMS_KEY_ID: checkpoints are signed.");
  return {
    sql: connectDatabase(config),
    log: createLogger(config),
    signer: "key" in signing ? keySigner(signing.key) : new KmsSigner(signing.kms),
    publicKeys: config.auditPublicKeys,
    bucket: bucket && new CheckpointBucket(bucket),
  };
}
