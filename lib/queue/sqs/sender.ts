/** Sends messages to SQS; concurrent requests share calls. */
import type { SendMessageBatchResultEntry } from "@aws-sdk/client-sqs";
import type { Outgoing } from "../port.ts";
import { type Call, callEach, type Outcome } from "./batches.ts";

/** Most bytes of one message, and of all messages of one call. */
export const MOST_BYTES = 1_048_576;

interface Entry {
  MessageBody: string;
  /** On a standard queue: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html */
  MessageGroupId?: string;
}
type Result = Pick<SendMessageBatchResultEntry, "MessageId"> & { Id: string | undefined };
type Send = Call<Entry, Result>;

interface Waiting {
  entry: Entry;
  resolve: (outcome: Outcome<Result>) => void;
}

/**
 * A call costs about as much for ten messages as for one. Messages that arrive during a call wait for its response and
 * are then sent together. A lone message does not wait, nor does any message wait for retries of others.
 */
export class SqsSender {
  readonly #send: Send;
  #waiting: Waiting[] = [];
  #sending = false;

  constructor(send: Send) {
    this.#send = send;
  }

  /**
   * @param messages with bodies of at most `MOST_BYTES`
   * @returns the outcome of each; none rejects
   */
  send(messages: readonly Pick<Outgoing, "body" | "group">[]): Promise<Outcome<Result>>[] {
    const outcomes = messages.map(({ body, group }) => {
      const { promise, resolve } = Promise.withResolvers<Outcome<Result>>();
      const entry = { MessageBody: body, ...(group !== undefined && { MessageGroupId: group }) };
      this.#waiting.push({ entry, resolve });
      return promise;
    });
    if (!this.#sending) void this.#sendAll();
    return outcomes;
  }

  async #sendAll(): Promise<void> {
    this.#sending = true;
    while (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      await this.#sendTogether(waiting);
    }
    this.#sending = false;
  }

  /** Resolves when the first call succeeds or fails. */
  #sendTogether(waiting: readonly Waiting[]): Promise<void> {
    const answered = Promise.withResolvers<void>();
    const outcomes = callEach<Entry, Result>(
      waiting.map(({ entry }) => entry),
      (entries, signal) => this.#send(entries, signal).finally(answered.resolve),
      MOST_BYTES,
      ({ MessageBody }) => Buffer.byteLength(MessageBody),
    );
    for (const [position, { resolve }] of waiting.entries()) void outcomes[position]?.then(resolve);
    return answered.promise;
  }
}
