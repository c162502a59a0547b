/** Finds in SQS what waits, where Redis lost its notes: receives messages, which come back by themselves after a few seconds. */
import type { SqsConnection } from "./client.ts";
import { decodeText } from "./text.ts";

/** Most messages of a call, and calls at the same time. */
const MOST_PER_CALL = 10;
const CALLS = 5;
/** Any wait has SQS look at all of its servers; without one it may say that a queue is empty which is not. */
const WAIT_S = 1;
/** How long the messages are out of the workers' sight. */
const VISIBILITY_S = 5;

/** How long a recount looks at messages, in milliseconds. */
const PEEK_MS = 1_500;
/** With fewer deliveries than this, looking at a message could set it aside. */
const LEAST_DELIVERIES = 10;
/** After this long SQS's count of messages is right, in milliseconds. */
const SETTLED_COUNT_MS = 60_000;

/**
 * Whether all that waits is counted now. `likely`: nothing was found, but SQS's numbers may be a minute old. `partial`: there may
 * be more to receive. `hidden`: a worker may have some that is not counted.
 */
export type Recounted = "complete" | "likely" | "partial" | "hidden";

interface Source {
  connection: SqsConnection;
  url: string;
  /** Ends a call that takes too long. @param waitS how long it may wait for messages */
  signal(waitS: number): { abortSignal: AbortSignal };
  /** Messages that can be received, and those that were. */
  counts(): Promise<{ visible: number; held: number }>;
  /** Opens notes of messages that have none. @returns how many parts had not been known */
  open(bodies: readonly string[]): Promise<number>;
}

/**
 * @param forMs how long it has been known that notes may be missing
 * @throws when SQS or Redis fails
 */
export async function recount(
  from: Source,
  { forMs, maxDeliveries, visibilityMs }: { forMs: number; maxDeliveries: number; visibilityMs: number },
): Promise<Recounted> {
  if (maxDeliveries < LEAST_DELIVERIES) return "complete";
  const before = await from.counts();
  const { bodies, all } = await peek(from, performance.now() + PEEK_MS);
  const opened = await from.open(bodies);
  const after = await from.counts();
  // A worker may have taken some before Redis lost the notes; what it takes later, it counts itself. It may hold them for the
  // visibility time, and they stay out of sight for as long when it dies then. Another look may hold some, too.
  const isHeld = before.held > 0 || after.held > bodies.length;
  if (isHeld && forMs < 2 * Math.max(visibilityMs, VISIBILITY_S * 1_000)) return "hidden";
  const isEmpty = before.visible + before.held + bodies.length === 0;
  if (isEmpty && forMs < SETTLED_COUNT_MS) return "likely";
  return all || opened === 0 ? "complete" : "partial";
}

/**
 * Receives until no message comes or the time is up, or a second later. Each counts a delivery of what it sees.
 * @param endsAt by `performance.now()`
 */
async function peek(
  { connection: { sdk, client }, url, signal }: Source,
  endsAt: number,
): Promise<{ bodies: string[]; all: boolean }> {
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
