import type { SQSEvent, SQSRecord } from "aws-lambda";
import type { Message } from "../../../lib/queue/port.ts";
import { encodeText } from "../../../lib/queue/sqs/text.ts";
import captured from "../../fixtures/sqs.json" with { type: "json" };

const [record] = captured.Records as unknown as [SQSRecord];

/** AWS's sample of an SQS event, with these messages. */
export const sqsEvent = (messages: readonly Message[]): SQSEvent => ({
  Records: messages.map(({ id, body, deliveries }) => ({
    ...record,
    messageId: id,
    body: encodeText(body),
    attributes: { ...record.attributes, ApproximateReceiveCount: String(deliveries) },
  })),
});
