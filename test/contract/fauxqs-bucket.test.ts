import { sqsServer } from "../support/servers/sqs.ts";
import { checkpointBucketContract } from "./checkpoint-bucket.ts";

// fauxqs has S3 beside SQS; it takes the headers of conditions and locks, and does nothing about them.
checkpointBucketContract("fauxqs", sqsServer, { conditional: false, lock: false });
