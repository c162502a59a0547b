/** The dead-letter queue of an SQS queue, and its redrive. */
import { callInBatches } from "./batches.ts";
import type { SqsConnection } from "./client.ts";
import { decodeText } from "./text.ts";

/** Most messages that one call receives. */
const MOST_PER_CALL = 10;
/** Seconds after which the messages of an aborted redrive can be received again. */
const VISIBILITY_S = 30;
/** Any wait makes SQS query all of its servers; without one it may report a queue as empty that is not. */
const WAIT_S = 1;

export interface Letter {
  /** The id under which it was sent; SQS keeps it. */
  id: string;
  body: string;
  group?: string;
  handle: string;
  sentAt: number;
}

/** A dead letter that SQS has accepted again. */
export interface Moved extends Letter {
  newId: string;
}

interface Signal {
  abortSignal: AbortSignal;
}

export interface DeadLetters {
  connection: SqsConnection;
  /** URL of the dead-letter queue. */
  url: string;
  /** Sends to the queue and returns each message's new id, or why it was refused. Never rejects. */
  send(
    messages: readonly Pick<Letter, "body" | "group">[],
  ): Promise<readonly { id: string | undefined; refused?: string; cause?: unknown }[]>;
  /** Counts the sent messages as waiting. */
  revive(moved: readonly Moved[]): Promise<void>;
  /** Aborts a call that takes too long. @param waitS how long it may wait for messages, in seconds */
  signal(waitS: number): Signal;
}

/** @returns the URL of the queue's dead-letter queue; undefined if it has none */
export async function findDeadLetterUrl(
  { sdk, client }: SqsConnection,
  queueUrl: string,
  signal: () => Signal,
): Promise<string | undefined> {
  const ask = new sdk.GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["RedrivePolicy"] });
  const { Attributes = {} } = await client.send(ask, signal());
  const policy: unknown = JSON.parse(Attributes.RedrivePolicy ?? "{}");
  if (typeof policy !== "object" || policy === null || !("deadLetterTargetArn" in policy)) return undefined;
  const name = String(policy.deadLetterTargetArn).split(":").at(-1);
  const { QueueUrl } = await client.send(new sdk.GetQueueUrlCommand({ QueueName: name }), signal());
  return QueueUrl;
}

/**
 * Sends dead letters again, and deletes each only afterwards. StartMessageMoveTask is no alternative: fauxqs lacks it, and
 * it does not report which messages it moved, which Redis must count as waiting.
 * @param limit most messages
 * @param ids only these; SQS can't look a message up, so the others are received too, and returned at the end
 * @returns number of messages moved
 * @throws if SQS or Redis fails; the next redrive may send messages sent by then a second time
 */
export async function redriveDeadLetters(
  from: DeadLetters,
  limit: number,
  ids?: ReadonlySet<string>,
): Promise<number> {
  let moved = 0;
  const others: Letter[] = [];
  while (moved < Math.min(limit, ids?.size ?? limit)) {
    const letters = await receiveLetters(from, ids ? MOST_PER_CALL : Math.min(MOST_PER_CALL, limit - moved));
    if (letters.length === 0) break;
    const wanted = letters.filter(({ id }) => ids?.has(id) ?? true);
    others.push(...letters.filter((letter) => !wanted.includes(letter)));
    if (wanted.length > 0) await putBack(from, wanted);
    moved += wanted.length;
  }
  await showAgain(from, others);
  return moved;
}

/** Messages of the dead-letter queue, which others do not receive for half a minute. */
export async function receiveLetters(
  { connection, url, signal }: Pick<DeadLetters, "connection" | "url" | "signal">,
  count = MOST_PER_CALL,
): Promise<Letter[]> {
  const command = new connection.sdk.ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: count,
    WaitTimeSeconds: WAIT_S,
    VisibilityTimeout: VISIBILITY_S,
    MessageSystemAttributeNames: ["MessageGroupId", "SentTimestamp"],
  });
  const { Messages = [] } = await connection.client.send(command, signal(WAIT_S));
  return Messages.map(
    ({
      MessageId = "",
      Body = "",
      ReceiptHandle = "",
      Attributes: { MessageGroupId, SentTimestamp } = {},
    }) => ({
      id: MessageId,
      body: decodeText(Body),
      handle: ReceiptHandle,
      sentAt: Number(SentTimestamp ?? 0),
      ...(MessageGroupId !== undefined && { group: MessageGroupId }),
    }),
  );
}

/** @throws if SQS does not accept or delete all of them; the others are moved nevertheless */
async function putBack(from: DeadLetters, letters: readonly Letter[]): Promise<void> {
  const sent = await from.send(letters);
  const taken = letters.flatMap((letter, position) => {
    const newId = sent[position]?.id;
    return newId === undefined ? [] : [{ ...letter, newId }];
  });
  if (taken.length > 0) await from.revive(taken);
  await deleteLetters(from, taken);
  for (const one of sent)
    if (one.id === undefined)
      throw new Error(`SQS refused a dead letter: ${one.refused}`, { cause: one.cause });
}

/** Lets others receive letters at once. A letter for which this fails is received later. */
export async function showAgain(
  { connection, url }: Pick<DeadLetters, "connection" | "url">,
  letters: readonly Letter[],
): Promise<void> {
  const { sdk, client } = connection;
  await callInBatches(
    letters.map(({ handle }) => ({ ReceiptHandle: handle, VisibilityTimeout: 0 })),
    (Entries, abortSignal) =>
      client.send(new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }), { abortSignal }),
  );
}

/** @throws if SQS does not delete all of them */
export async function deleteLetters(
  { connection, url }: Pick<DeadLetters, "connection" | "url">,
  letters: readonly Letter[],
): Promise<void> {
  const { sdk, client } = connection;
  const outcomes = await callInBatches(
    letters.map(({ handle }) => ({ ReceiptHandle: handle })),
    (Entries, abortSignal) =>
      client.send(new sdk.DeleteMessageBatchCommand({ QueueUrl: url, Entries }), { abortSignal }),
  );
  for (const outcome of outcomes)
    if ("refused" in outcome)
      throw new Error(`SQS did not delete a dead letter: ${outcome.refused}`, { cause: outcome.cause });
}
