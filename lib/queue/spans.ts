/** Names and attributes of spans, by OpenTelemetry's conventions: https://opentelemetry.io/docs/specs/semconv/messaging/ */
import type { Attributes } from "@opentelemetry/api";

/** What a span does with messages. */
export type Operation = "send" | "process";

interface Settings {
  sqs?: { queueUrl: string } | undefined;
}

/** @returns the name and the attributes of a span that does this with messages of the configured queue */
export function messagingSpan(
  operation: Operation,
  { sqs }: Settings,
): { name: string; attributes: Attributes } {
  // One name for the streams of all shards.
  const destination = sqs ? (sqs.queueUrl.split("/").at(-1) ?? "") : "weir:queue";
  return {
    name: `${operation} ${destination}`,
    attributes: {
      "messaging.system": sqs ? "aws_sqs" : "redis",
      "messaging.destination.name": destination,
      "messaging.operation.name": operation,
      "messaging.operation.type": operation,
    },
  };
}
