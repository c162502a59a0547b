/**
 * The port that all queues implement. It exposes no client library's types, so that the worker, the event source and
 * the tests work with any queue.
 *
 * Delivery is at least once: a message is delivered until it is acknowledged, so its consumer must make a second
 * delivery harmless.
 */

/** A message as the queue delivers it. */
export interface Message {
  /** Identifies the message within its queue, for `ack` and `fail`. */
  id: string;
  body: string;
  /** Number of deliveries, including this one. */
  deliveries: number;
  /** When the queue accepted it, in milliseconds since the Unix epoch, by the queue's clock. */
  sentAt: number;
}

/** A message to send. */
export interface Outgoing {
  body: string;
  /** Events in the body; 0 for a message that carries only an audit row. */
  events: number;
  /**
   * Whose message it is: a client's id, or a name in parentheses for what is no client's. SQS keeps a group with many
   * messages from delaying the others; Redis does not.
   */
  group?: string;
}

export interface ReceiveOptions {
  /** Most messages to receive. */
  maxMessages: number;
  /** Bytes of bodies after which reading stops. The last read may exceed it by about as much again. Default: no limit. */
  maxBytes?: number;
  /** How long to wait for a first message, in milliseconds; 0 returns at once. */
  waitMs: number;
}

/** The queue's depth. */
export interface Depth {
  messages: number;
  events: number;
  /** Age of the oldest unacknowledged message, in milliseconds; 0 for an empty queue. */
  oldestAgeMs: number;
  /** Events acknowledged per second, averaged over about the last half minute. */
  drainPerSecond: number;
  /** Messages set aside because no worker could process them. */
  deadLetters: number;
  /** How long `events` and `oldestAgeMs` may have been too low, since Redis came back empty, in ms; -1 if exact. */
  lostMs: number;
}

export interface Queue {
  /** How long a received message stays invisible to other receivers, in milliseconds. */
  readonly visibilityMs: number;
  /** Resolves when the queue holds every message durably; rejects if it accepted none or possibly only some. */
  send(messages: readonly Outgoing[]): Promise<void>;
  /** Returns new messages, and those whose visibility time-out has passed. */
  receive(options: ReceiveOptions): Promise<Message[]>;
  /** Restarts the visibility time-out of received messages. Not a delivery. Unknown ids are ignored. */
  extend(ids: readonly string[]): Promise<void>;
  /**
   * Removes processed messages and frees their memory. Unknown ids are ignored.
   * @throws if the server does not answer; then the next `receive` repeats it, or the messages are delivered again
   */
  ack(ids: readonly string[]): Promise<void>;
  /** Returns messages to the queue at once; each such delivery counts towards the dead-letter limit. */
  fail(ids: readonly string[]): Promise<void>;
  /** Returns messages to the queue at once; the delivery does not count, since they were not at fault. */
  release(ids: readonly string[]): Promise<void>;
  /**
   * Puts dead letters back into the queue, unchanged, as if they had just been sent. An abort or concurrent redrives lose
   * no message, since each is sent before it is deleted; so a message may be delivered twice.
   * @param limit most messages
   * @param ids only these dead letters, as `DeadLetters` lists them; unknown ids are ignored
   * @returns number of messages put back
   * @throws if a server fails; some messages may have been put back by then
   */
  redrive(limit: number, ids?: readonly string[]): Promise<number>;
  depth(): Promise<Depth>;
  /**
   * Checks, without sending a message, that the queue would accept one.
   * @throws the queue's or the connection's error
   */
  probe(): Promise<void>;
  /** Closes the connections this queue opened. */
  close(): Promise<void>;
}
