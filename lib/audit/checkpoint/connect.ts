import { createLogger } from "../../base/log.ts";
import { type Config, ConfigError, type RenewConfig } from "../../config/config.ts";
import { connectDatabase } from "../../postgres/client.ts";
import { renewDatabasePassword } from "../../postgres/login.ts";
import { CheckpointBucket } from "./bucket.ts";
import type { CheckpointDeps } from "./make.ts";
import { keySigner } from "./signer.ts";
import { KmsSigner } from "./signer-kms.ts";

/**
 * The dependencies for making checkpoints: no Redis and no queue. Connections open at first use.
 * @param renew if given, called when the database refuses the password
 * @throws {ConfigError} if no signing key is configured
 */
export function checkpointDeps(config: Config, renew?: RenewConfig): CheckpointDeps {
  const { auditSigning: signing, auditBucket: bucket } = config;
  if (signing === undefined)
    throw new ConfigError("Set AUDIT_SIGNING_KEY or AUDIT_KMS_KEY_ID: checkpoints are signed.");
  return {
    sql: connectDatabase(config, renewDatabasePassword(renew)),
    log: createLogger(config),
    signer: "key" in signing ? keySigner(signing.key) : new KmsSigner(signing.kms),
    publicKeys: config.auditPublicKeys,
    bucket: bucket && new CheckpointBucket(bucket),
  };
}
