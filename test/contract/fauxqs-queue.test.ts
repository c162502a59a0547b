import { sqsServer } from "../support/sqs.ts";
import { sqsQueueContract } from "./sqs-queue.ts";

sqsQueueContract("fauxqs", sqsServer);
