/** A look at the messages in a queue on SQS, which come back by themselves after a few seconds. */
import type { SqsConnection } from "./sqs-client.ts";
import { decodeText } from "./sqs-text.ts";

/** Most messages of a call, and calls at the same time. */
const MOST_PER_CALL = 10;
const CALLS = 5;
/** Any wait has SQS look at all of its servers; without one it may say that a queue is empty which is not. */
const WAIT_S = 1;
/** How long the messages are out of the workers' sight. */
const VISIBILITY_S = 5;

export interface Peeked {
  bodies: string[];
  /** No more messages were visible. */
  all: boolean;
}

/**
 * Receives until no message comes or the time is up, which is no more than a second after `endsAt`. Each counts a delivery of
 * what it sees.
 * @param endsAt by `performance.now()`
 * @throws what SQS says
 */
export async function peek(
  { sdk, client }: SqsConnection,
  url: string,
  endsAt: number,
  signal: (waitS: number) => { abortSignal: AbortSignal },
): Promise<Peeked> {
  const bodies: string[] = [];
  const receive = async (): Promise<number> => {
    const command = new sdk.ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: MOST_PER_CALL,
      WaitTimeSeconds: WAIT_S,
      VisibilityTimeout: VISIBILITY_S,
    });
    const { Messages = [] } = await client.send(command, signal(WAIT_S));
    bodies.push(...Messages.map(({ Body = "" }) => decodeText(Body)));
    return Messages.length;
  };
  while (performance.now() < endsAt) {
    const counts = await Promise.all(Array.from({ length: CALLS }, receive));
    if (counts.includes(0)) return { bodies, all: true };
  }
  return { bodies, all: false };
}
