/** Sends messages to SQS; concurrent requests share calls. */
import type { SendMessageBatchResultEntry } from "@aws-sdk/client-sqs";
import { type Call, callEach, type Outcome } from "./batches.ts";

/** Most bytes of one message, and of all messages of one call. */
export const MOST_BYTES = 1_048_576;

interface Entry {
  MessageBody: string;
}
type Result = Pick<SendMessageBatchResultEntry, "MessageId"> & { Id: string | undefined };
type Send = Call<Entry, Result>;

interface Waiting {
  body: string;
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
   * @param bodies each of at most `MOST_BYTES`
   * @returns the outcome of each; none rejects
   */
  send(bodies: readonly string[]): Promise<Outcome<Result>>[] {
    const outcomes = bodies.map((body) => {
      const { promise, resolve } = Promise.withResolvers<Outcome<Result>>();
      this.#waiting.push({ body, resolve });
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
      waiting.map(({ body }) => ({ MessageBody: body })),
      (entries, signal) => this.#send(entries, signal).finally(answered.resolve),
      MOST_BYTES,
      ({ MessageBody }) => Buffer.byteLength(MessageBody),
    );
    for (const [position, { resolve }] of waiting.entries()) void outcomes[position]?.then(resolve);
    return answered.promise;
  }
}
