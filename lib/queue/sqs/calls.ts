import type { SqsSettings } from "../../config/config.ts";
import { connectSqs, type SqsConnection } from "./client.ts";
import { findDeadLetterUrl } from "./dead-letters.ts";

/** A call fails this many milliseconds after the end of its wait. */
const CALL_MS = 5_000;

/** Numbers of messages that are visible, and that receivers hold. Approximate, and on AWS up to a minute old. */
export interface Counts {
  visible: number;
  held: number;
}

/** The connection to one queue, opened by the first call, and the calls that concern the queue itself. */
export class SqsCalls {
  readonly url: string;
  readonly #settings: SqsSettings;
  readonly #closing = new AbortController();
  #connection: Promise<SqsConnection> | undefined;
  #deadLetterUrl: Promise<string | undefined> | undefined;

  constructor(settings: SqsSettings) {
    this.#settings = settings;
    this.url = settings.queueUrl;
  }

  connect(): Promise<SqsConnection> {
    this.#connection ??= connectSqs(this.#settings);
    return this.#connection;
  }

  /** Aborts a call that takes too long or is in progress when the queue is closed. @param waitS its own wait, in seconds */
  signal(waitS = 0): { abortSignal: AbortSignal } {
    const timeout = AbortSignal.timeout(waitS * 1_000 + CALL_MS);
    return { abortSignal: AbortSignal.any([this.#closing.signal, timeout]) };
  }

  async counts(url = this.url): Promise<Counts> {
    const { sdk, client } = await this.connect();
    const visible = "ApproximateNumberOfMessages";
    const held = "ApproximateNumberOfMessagesNotVisible";
    const delayed = "ApproximateNumberOfMessagesDelayed";
    const command = new sdk.GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: [visible, held, delayed],
    });
    const { Attributes = {} } = await client.send(command, this.signal());
    const count = (name: typeof visible | typeof held | typeof delayed): number =>
      Number(Attributes[name] ?? 0);
    return { visible: count(visible) + count(delayed), held: count(held) };
  }

  /** @returns undefined if the queue has no dead-letter queue */
  findDeadLetterUrl(): Promise<string | undefined> {
    this.#deadLetterUrl ??= this.connect()
      .then((connection) => findDeadLetterUrl(connection, this.url, () => this.signal()))
      .catch((error: unknown) => {
        this.#deadLetterUrl = undefined;
        throw error;
      });
    return this.#deadLetterUrl;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("The queue was closed."));
    const connection = await this.#connection?.catch(() => undefined);
    connection?.client.destroy();
  }
}
