/** Settings of the audit trail: who signs checkpoints, which keys verify the signatures, where copies go. */
import { createPublicKey, type KeyObject } from "node:crypto";
import * as z from "zod";
import { distinctKeys, readPublicKeys, readSigningKey } from "./ed25519.ts";
import { url } from "./fields.ts";

const key = <T>(read: (text: string) => T | undefined, message: string) =>
  z.string().transform((text, context) => {
    const value = read(text);
    if (value !== undefined) return value;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

export const auditVariables = {
  /** Days that audit entries are kept, and copies of checkpoints are locked. */
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(1).max(3_650).default(400),
  /** Ed25519 private key that signs checkpoints; only the checkpoint function needs it. */
  AUDIT_SIGNING_KEY: key(
    readSigningKey,
    "must be an Ed25519 private key in PEM (PKCS #8), or its base64; weir audit keygen generates one",
  ).optional(),
  /** Alternative to AUDIT_SIGNING_KEY: an AWS KMS key, by id, ARN or alias. */
  AUDIT_KMS_KEY_ID: z.string().min(1).optional(),
  /** Endpoint of a replacement for KMS. */
  KMS_ENDPOINT: url("http:", "https:").optional(),
  /** Ed25519 public keys of the current and earlier signing keys. */
  AUDIT_PUBLIC_KEYS: key(
    readPublicKeys,
    "must be concatenated Ed25519 public keys in PEM, or their base64 separated by commas",
  ).optional(),
  /** A bucket with object lock for copies of checkpoints. */
  AUDIT_CHECKPOINT_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "must be a bucket name")
    .optional(),
  /** Endpoint of a replacement for S3. */
  S3_ENDPOINT: url("http:", "https:").optional(),
};

type AuditVariables = z.output<z.ZodObject<typeof auditVariables>> & { AWS_REGION: string };

/** The signer: a private key, or KMS. */
export type SigningSettings = { key: KeyObject } | { kms: KmsSettings };

/** False if both signers are set: neither should silently take precedence. */
export const signsOnce = (env: Partial<AuditVariables>): boolean =>
  env.AUDIT_SIGNING_KEY === undefined || env.AUDIT_KMS_KEY_ID === undefined;

export function auditSettings(env: AuditVariables): {
  auditRetentionDays: number;
  auditSigning: SigningSettings | undefined;
  auditPublicKeys: KeyObject[];
  auditBucket: BucketSettings | undefined;
} {
  const { AUDIT_SIGNING_KEY: own, AUDIT_KMS_KEY_ID: keyId, AUDIT_CHECKPOINT_BUCKET: name } = env;
  const region = env.AWS_REGION;
  const lockDays = env.AUDIT_RETENTION_DAYS;
  const kms = keyId === undefined ? undefined : { kms: { keyId, endpoint: env.KMS_ENDPOINT, region } };
  return {
    auditRetentionDays: lockDays,
    auditSigning: own === undefined ? kms : { key: own },
    auditPublicKeys: distinctKeys([
      ...(own === undefined ? [] : [createPublicKey(own)]),
      ...(env.AUDIT_PUBLIC_KEYS ?? []),
    ]),
    auditBucket: name === undefined ? undefined : { name, endpoint: env.S3_ENDPOINT, region, lockDays },
  };
}
export interface KmsSettings {
  /** Id, ARN or alias. */
  keyId: string;
  /** Endpoint of a replacement for KMS; undefined for KMS itself. */
  endpoint: string | undefined;
  region: string;
}
export interface BucketSettings {
  /** A bucket with object lock. */
  name: string;
  /** Endpoint of a replacement for S3; undefined for S3 itself. */
  endpoint: string | undefined;
  region: string;
  /** Days that a copy is locked, from the time of the checkpoint. */
  lockDays: number;
}
