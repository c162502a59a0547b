/**
 * The port behind which the queues stand. No client library's type shows here, so that the worker, the event source
 * and the tests work with any queue.
 *
 * Delivery is at least once: a message is handed out until it is acknowledged, so whoever processes it must make a
 * second delivery harmless.
 */

/** A message as the queue hands it out. */
export interface Message {
  /** Names this message within its queue, for `ack` and `fail`. */
  id: string;
  body: string;
  /** How often it has been handed out, this time included; 1 on the first delivery. */
  deliveries: number;
  /** When the queue took it, in milliseconds since the Unix epoch, by the queue's clock. */
  sentAt: number;
}

/** A message to send. */
export interface Outgoing {
  body: string;
  /** Events in the body; 0 for a message that carries only an audit row. */
  events: number;
}

export interface ReceiveOptions {
  /** Messages to hand out at the most. */
  maxMessages: number;
  /**
   * Bytes of bodies after which no more are read. The last read may exceed it, by about as much again. By default no
   * limit.
   */
  maxBytes?: number;
  /** How long to wait for a first message, in milliseconds; 0 returns at once. */
  waitMs: number;
}

/** What the queue holds. */
export interface Depth {
  messages: number;
  events: number;
  /** Age of the oldest message not yet acknowledged, in milliseconds; 0 when there is none. */
  oldestAgeMs: number;
  /** Events acknowledged per second, averaged over about the last half minute. */
  drainPerSecond: number;
  /** Messages set aside because no worker could process them. */
  deadLetters: number;
  /** How long `events` and `oldestAgeMs` may have been too low, since Redis came back empty, in milliseconds; -1 if they are right. */
  lostMs: number;
}

export interface Queue {
  /** How long a message that was received stays out of other receivers' sight, in milliseconds. */
  readonly visibilityMs: number;
  /** Resolves when the queue holds every message durably; rejects if it took none or may have taken only some. */
  send(messages: readonly Outgoing[]): Promise<void>;
  /** New messages, and those whose earlier receiver let the visibility time pass. */
  receive(options: ReceiveOptions): Promise<Message[]>;
  /** Starts the visibility time of received messages anew. Counts as no delivery. Unknown ids are ignored. */
  extend(ids: readonly string[]): Promise<void>;
  /**
   * Removes processed messages and frees their memory. Unknown ids are ignored.
   * @throws when the server does not answer; then the next `receive` repeats it, or the messages come once more
   */
  ack(ids: readonly string[]): Promise<void>;
  /** Hands messages back at once; each such delivery counts towards the dead-letter limit. */
  fail(ids: readonly string[]): Promise<void>;
  /** Hands messages back at once as if they had not been delivered: the fault was not theirs. */
  release(ids: readonly string[]): Promise<void>;
  /**
   * Puts dead letters back into the queue, whole, as if they had just been sent. None is lost whenever it ends or however
   * many do it at once, since each is sent before it is deleted; so one may come twice. Resolves with how many were put
   * back; rejects where there may have been some and then a server failed.
   * @param limit messages at the most
   */
  redrive(limit: number): Promise<number>;
  depth(): Promise<Depth>;
  /**
   * Resolves when the queue would take messages, as far as can be told without sending one.
   * @throws the queue's error, or that of the connection
   */
  probe(): Promise<void>;
  /** Closes the connections this queue opened. */
  close(): Promise<void>;
}
