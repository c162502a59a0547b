/** Findings of checkov that stay, with the reason. One that no template has any more fails the test. */

export interface Exception {
  check: string;
  /** Resources that it applies to: their type, or their name in the template. */
  of: RegExp;
  reason: string;
}

export const EXCEPTIONS: readonly Exception[] = [
  // Keys of AWS encrypt all of these. A key of one's own costs $1 a month, and each function would need permission to use it.
  { check: "CKV_AWS_149", of: /SecretsManager::Secret/, reason: "encrypted with the key of AWS" },
  { check: "CKV_AWS_158", of: /Logs::LogGroup/, reason: "encrypted with the key of AWS" },
  { check: "CKV_AWS_173", of: /Lambda::Function/, reason: "encrypted with the key of AWS" },
  {
    check: "CKV_AWS_27",
    of: /SQS::Queue/,
    reason: "SqsManagedSseEnabled encrypts; the check knows KMS only",
  },
  { check: "CKV_AWS_26", of: /AlarmTopic/, reason: "CloudWatch can't publish with the key of AWS" },

  {
    check: "CKV_AWS_111",
    of: /IAM::Role/,
    reason: "EC2 restricts no call for an interface that does not exist",
  },
  {
    check: "CKV_AWS_116",
    of: /Lambda::Function/,
    reason: "schedules have destinations; the others are invoked synchronously",
  },
  { check: "CKV_AWS_258", of: /IngestLambdaFunctionUrl/, reason: "Weir's own API keys authenticate" },

  {
    check: "CKV_AWS_18",
    of: /ServerlessDeploymentBucket/,
    reason: "only deployments use it; CloudTrail has them",
  },
  {
    check: "CKV_AWS_18",
    of: /CheckpointBucket/,
    reason: "object lock protects the copies; the function logs each write",
  },
  {
    check: "CKV_AWS_18",
    of: /ArchiveBucket/,
    reason: "the function logs each write, and compares each file with its digest before it changes one",
  },
  {
    check: "CKV_AWS_21",
    of: /ArchiveBucket/,
    reason: "versions would keep payloads that an erasure has replaced",
  },
  {
    check: "CKV_AWS_21",
    of: /ServerlessDeploymentBucket/,
    reason: "no object is ever overwritten; `remove` fails on versions",
  },

  {
    check: "CKV_AWS_118",
    of: /RDS::DBInstance/,
    reason: "Performance Insights shows the load, without a role and more logs",
  },
  { check: "CKV_AWS_157", of: /RDS::DBInstance/, reason: "the size small is in one zone; production is not" },
  {
    check: "CKV_AWS_161",
    of: /RDS::DBInstance/,
    reason: "functions log in with passwords from their secrets",
  },
];
