import { inject } from "vitest";
import { sqsQueueContract } from "../contract/sqs-queue.ts";

sqsQueueContract("LocalStack", async () => inject("localStack").endpoint);
