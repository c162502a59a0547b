import type { Message as SqsMessage } from "@aws-sdk/client-sqs";
import type { Config, SqsSettings } from "../../config/config.ts";
import type { RedisConnection } from "../../redis/connection.ts";
import type { Shards } from "../../redis/shards.ts";
import { bytesOf } from "../fill.ts";
import type { Depth, Message, Outgoing, Queue, ReceiveOptions } from "../port.ts";
import { callInBatches, type Outcome } from "./batches.ts";
import { type Counts, SqsCalls } from "./calls.ts";
import { redriveDeadLetters } from "./dead-letters.ts";
import { SqsNotes } from "./notes.ts";
import { type Recounted, recount } from "./recount.ts";
import { MOST_BYTES, SqsSender } from "./sender.ts";
import { decodeText, encodeText } from "./text.ts";

const MOST_PER_CALL = 10;
/** Longest wait that SQS allows, in seconds. */
const LONGEST_WAIT_S = 20;
/**
 * Shortest and longest time that a returned message stays invisible, in seconds. Not 0: with that, fauxqs 2.4 loses the
 * message until it restarts, if it persists its data.
 */
const PAUSE_S = 1;
const LONGEST_PAUSE_S = 60;

/** Outcome of a sent message: the id that SQS assigned, or why it was refused. */
export type Sent = { id: string } | { id: undefined; refused: string; retryable: boolean; cause?: unknown };

interface Held {
  handle: string;
  deliveries: number;
  /** Set only if another failure makes the message a dead letter; otherwise empty. */
  body: string;
}

interface Settings {
  sqs: SqsSettings;
  queueVisibilitySeconds: number;
  queueMaxDeliveries: number;
}

/** Settings of the SQS queue. @throws if the configuration has none */
export function sqsSettings(config: Config): Settings {
  const { sqs, queueVisibilitySeconds, queueMaxDeliveries } = config;
  if (!sqs) throw new Error("QUEUE is not sqs.");
  return { sqs, queueVisibilitySeconds, queueMaxDeliveries };
}

/**
 * An SQS standard queue. SQS reports neither how many events wait nor how old the oldest message is; the notes in Redis
 * do. It cannot reset the delivery count either: `release` counts as a delivery, see docs/decisions/0010.
 */
export class SqsQueue implements Queue {
  readonly #notes: SqsNotes;
  readonly #settings: Settings;
  readonly #calls: SqsCalls;
  /** Messages that this receiver has, by id: SQS needs the handle of the latest delivery. */
  readonly #held = new Map<string, Held>();
  readonly #sender = new SqsSender(async (Entries, abortSignal) => {
    const { sdk, client } = await this.#calls.connect();
    const command = new sdk.SendMessageBatchCommand({ QueueUrl: this.#calls.url, Entries });
    return client.send(command, { abortSignal });
  });

  constructor(redis: RedisConnection, shards: Shards, settings: Settings) {
    this.#notes = new SqsNotes(redis, shards);
    this.#settings = settings;
    this.#calls = new SqsCalls(settings.sqs);
  }

  async send(messages: readonly Outgoing[]): Promise<void> {
    const sent = await this.sendEach(messages);
    const taken = messages.flatMap((message, position) => {
      const id = sent[position]?.id;
      return id === undefined ? [] : [{ ...message, id }];
    });
    await this.#notes.open(taken);
    for (const one of sent)
      if (one.id === undefined)
        throw new Error(`SQS refused a message: ${one.refused}`, { cause: one.cause });
  }

  /** Sends, and returns the outcome of each message. The caller opens the notes. Never rejects. */
  async sendEach(messages: readonly Pick<Outgoing, "body" | "group">[]): Promise<Sent[]> {
    const encoded = messages.map((message) => ({ ...message, body: encodeText(message.body) }));
    const fitting = encoded.filter(({ body }) => Buffer.byteLength(body) <= MOST_BYTES);
    const outcomes = (await Promise.all(this.#sender.send(fitting))).values();
    return encoded.map(({ body }): Sent => {
      if (Buffer.byteLength(body) > MOST_BYTES)
        return { id: undefined, refused: `larger than ${MOST_BYTES} bytes`, retryable: false };
      return toSent(outcomes.next().value);
    });
  }

  get visibilityMs(): number {
    return this.#settings.queueVisibilitySeconds * 1_000;
  }

  async receive({
    maxMessages,
    maxBytes = Number.POSITIVE_INFINITY,
    waitMs,
  }: ReceiveOptions): Promise<Message[]> {
    const waitS = Math.min(LONGEST_WAIT_S, Math.ceil(waitMs / 1_000));
    const messages = await this.#receiveSome(Math.min(MOST_PER_CALL, maxMessages), waitS);
    // A full batch suggests that there are more: double the calls each time, until one is not full.
    for (
      let calls = 2, full = messages.length === MOST_PER_CALL;
      full && bytesOf(messages) < maxBytes;
      calls *= 2
    ) {
      const got = await this.#receiveAtOnce(calls, maxMessages - messages.length);
      messages.push(...got.flat());
      full = messages.length < maxMessages && got.every(({ length }) => length === MOST_PER_CALL);
    }
    return messages;
  }

  async extend(ids: readonly string[]): Promise<void> {
    const held = ids.flatMap((id) => this.#held.get(id) ?? []);
    await this.#changeVisibility(held, () => this.#settings.queueVisibilitySeconds);
  }

  async ack(ids: readonly string[]): Promise<void> {
    const held = this.#take(ids);
    if (held.length === 0) return;
    const outcomes = await callInBatches(
      held.map(({ handle }) => ({ ReceiptHandle: handle })),
      async (Entries, abortSignal) => {
        const { sdk, client } = await this.#calls.connect();
        return client.send(new sdk.DeleteMessageBatchCommand({ QueueUrl: this.#calls.url, Entries }), {
          abortSignal,
        });
      },
    );
    const gone = held.filter((_, position) => "result" in (outcomes[position] ?? {})).map(({ id }) => id);
    await this.#notes.close(gone);
    if (gone.length === held.length) return;
    // Held again, so that the caller can release them after the error.
    for (const { id, ...kept } of held) if (!gone.includes(id)) this.#held.set(id, kept);
    throw new Error(`SQS did not delete ${held.length - gone.length} of ${held.length} messages.`);
  }

  async fail(ids: readonly string[]): Promise<void> {
    const held = this.#take(ids);
    await this.#changeVisibility(held, () => PAUSE_S);
    // SQS moves these to the dead-letter queue at their next delivery.
    const dead = held.filter(({ deliveries }) => deliveries >= this.#settings.queueMaxDeliveries);
    await this.#notes.giveUp(dead);
  }

  async release(ids: readonly string[]): Promise<void> {
    // Exponential: an outage must not use up a message's deliveries.
    await this.#changeVisibility(this.#take(ids), ({ deliveries }) =>
      Math.min(LONGEST_PAUSE_S, PAUSE_S * 2 ** (deliveries - 1)),
    );
  }

  async redrive(limit: number, ids?: readonly string[]): Promise<number> {
    const url = await this.#calls.findDeadLetterUrl();
    if (url === undefined) return 0;
    return redriveDeadLetters(
      {
        connection: await this.#calls.connect(),
        url,
        send: (messages) => this.sendEach(messages),
        revive: (moved) => this.#notes.revive(moved),
        signal: (waitS) => this.#calls.signal(waitS),
      },
      limit,
      ids && new Set(ids),
    );
  }

  /**
   * Counts accepted events that wait in SQS and whose note Redis has lost. It cannot see messages that a worker holds.
   * Each message it sees is invisible for five seconds, which counts as a delivery.
   * @param forMs how long it has been known that notes may be missing
   * @throws if SQS or Redis fails
   */
  async recount(forMs: number): Promise<Recounted> {
    const { queueMaxDeliveries: maxDeliveries, queueVisibilitySeconds } = this.#settings;
    const from = {
      connection: await this.#calls.connect(),
      url: this.#calls.url,
      signal: (waitS: number) => this.#calls.signal(waitS),
      counts: () => this.#calls.counts(),
      open: (bodies: readonly string[]) => this.#notes.openFound(bodies),
    };
    return recount(from, { forMs, maxDeliveries, visibilityMs: queueVisibilitySeconds * 1_000 });
  }

  /**
   * Opens notes for messages that a worker has received, if Redis may have lost them.
   * @throws if Redis fails
   */
  async noteReceived(bodies: readonly string[]): Promise<void> {
    if (!(await this.#notes.areComplete())) await this.#notes.openFound(bodies);
  }

  async depth(): Promise<Depth> {
    const [counts, deadLetters, noted] = await Promise.all([
      this.#calls.counts(),
      this.#deadLetters(),
      this.#notes.depth(),
    ]);
    return { messages: total(counts), ...noted, deadLetters };
  }

  /**
   * Sends an empty batch. SQS rejecting it as empty shows that the call reaches the queue and is not throttled. It does
   * not detect a disabled KMS key, or that SQS would refuse single messages.
   */
  async probe(): Promise<void> {
    const { sdk, client } = await this.#calls.connect();
    const command = new sdk.SendMessageBatchCommand({ QueueUrl: this.#calls.url, Entries: [] });
    await client.send(command, this.#calls.signal()).catch((error: Error) => {
      if (!/EmptyBatchRequest/.test(error.name)) throw error;
    });
  }

  close(): Promise<void> {
    return this.#calls.close();
  }

  /** A failed call returns nothing; messages that SQS delivered with it return after the visibility time-out. */
  async #receiveAtOnce(calls: number, most: number): Promise<Message[][]> {
    const counts: number[] = [];
    for (let left = most; left > 0 && counts.length < calls; left -= MOST_PER_CALL)
      counts.push(Math.min(MOST_PER_CALL, left));
    const results = await Promise.allSettled(counts.map((count) => this.#receiveSome(count, 0)));
    return results.map((result) => (result.status === "fulfilled" ? result.value : []));
  }

  async #receiveSome(count: number, waitS: number): Promise<Message[]> {
    const { sdk, client } = await this.#calls.connect();
    const command = new sdk.ReceiveMessageCommand({
      QueueUrl: this.#calls.url,
      MaxNumberOfMessages: count,
      WaitTimeSeconds: waitS,
      VisibilityTimeout: this.#settings.queueVisibilitySeconds,
      MessageSystemAttributeNames: ["ApproximateReceiveCount", "SentTimestamp"],
    });
    const { Messages = [] } = await client.send(command, this.#calls.signal(waitS));
    return Messages.map((received) => {
      const message = toMessage(received);
      const handle = received.ReceiptHandle ?? "";
      const { id, body, deliveries } = message;
      const last = deliveries >= this.#settings.queueMaxDeliveries;
      this.#held.set(id, { handle, deliveries, body: last ? body : "" });
      return message;
    });
  }

  /** Removes messages from those held and returns them; unknown ids are skipped. */
  #take(ids: readonly string[]): (Held & { id: string })[] {
    return ids.flatMap((id) => {
      const held = this.#held.get(id);
      this.#held.delete(id);
      return held ? [{ id, ...held }] : [];
    });
  }

  /** If this fails for a message, its visibility time-out is unchanged. @param pauseS seconds from now */
  async #changeVisibility(held: readonly Held[], pauseS: (message: Held) => number): Promise<void> {
    await callInBatches(
      held.map((message) => ({ ReceiptHandle: message.handle, VisibilityTimeout: pauseS(message) })),
      async (Entries, abortSignal) => {
        const { sdk, client } = await this.#calls.connect();
        const command = new sdk.ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#calls.url, Entries });
        return client.send(command, { abortSignal });
      },
    );
  }

  async #deadLetters(): Promise<number> {
    const url = await this.#calls.findDeadLetterUrl();
    return url === undefined ? 0 : total(await this.#calls.counts(url));
  }
}

const total = ({ visible, held }: Counts): number => visible + held;

function toSent(outcome: Outcome<{ MessageId: string | undefined }> | undefined): Sent {
  if (outcome === undefined) return { id: undefined, refused: "the queue did not answer", retryable: true };
  return "result" in outcome ? { id: outcome.result.MessageId ?? "" } : { id: undefined, ...outcome };
}

const toMessage = ({ MessageId = "", Body = "", Attributes = {} }: SqsMessage): Message => ({
  id: MessageId,
  body: decodeText(Body),
  deliveries: Number(Attributes.ApproximateReceiveCount ?? 1),
  sentAt: Number(Attributes.SentTimestamp ?? 0),
});
