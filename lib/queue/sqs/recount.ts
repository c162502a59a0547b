/** After Redis lost its notes, finds what waits in SQS: receives messages, which become visible again after seconds. */
import type { SqsConnection } from "./client.ts";
import { decodeText } from "./text.ts";

/** Most messages per call, and concurrent calls. */
const MOST_PER_CALL = 10;
const CALLS = 5;
/** Any wait makes SQS query all of its servers; without one it may report a queue as empty that is not. */
const WAIT_S = 1;
/** How long the messages are invisible to workers, in seconds. */
const VISIBILITY_S = 5;

/** How long a recount receives messages, in milliseconds. */
const PEEK_MS = 1_500;
/** With fewer allowed deliveries than this, a recount could make a message a dead letter. */
const LEAST_DELIVERIES = 10;
/** SQS's count of messages is accurate after this many milliseconds. */
const SETTLED_COUNT_MS = 60_000;

/**
 * Whether everything that waits is now counted. `likely`: nothing was found, but SQS's counts may be a minute old.
 * `partial`: there may be more to receive. `hidden`: a worker may hold uncounted messages.
 */
export type Recounted = "complete" | "likely" | "partial" | "hidden";

interface Source {
  connection: SqsConnection;
  url: string;
  /** Aborts a call that takes too long. @param waitS how long it may wait for messages, in seconds */
  signal(waitS: number): { abortSignal: AbortSignal };
  /** Visible messages, and those in flight. */
  counts(): Promise<{ visible: number; held: number }>;
  /** Opens missing notes. @returns number of parts that were unknown */
  open(bodies: readonly string[]): Promise<number>;
}

/**
 * @param forMs how long it has been known that notes may be missing
 * @throws if SQS or Redis fails
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
  // A worker may have received some before Redis lost the notes; it counts those received later itself. It may hold them for
  // the visibility time-out, and if it then dies they stay invisible for as long again. Another recount may hold some, too.
  const isHeld = before.held > 0 || after.held > bodies.length;
  if (isHeld && forMs < 2 * Math.max(visibilityMs, VISIBILITY_S * 1_000)) return "hidden";
  const isEmpty = before.visible + before.held + bodies.length === 0;
  if (isEmpty && forMs < SETTLED_COUNT_MS) return "likely";
  return all || opened === 0 ? "complete" : "partial";
}

/**
 * Receives until no message arrives or the time is up, and at most a second longer. Each receive counts as a delivery.
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
