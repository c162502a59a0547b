import { sqsServer } from "../support/servers/sqs.ts";
import { sqsQueueContract } from "./sqs-queue.ts";

sqsQueueContract("fauxqs", sqsServer);
