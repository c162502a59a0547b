/**
 * Names of everything in Redis. All carry the hash tag `{0}`, so that one script's keys share a slot of a cluster;
 * the number in it is the shard.
 */
const PREFIX = "weir:{0}:";

/** Stream of messages that wait for the worker. */
export const QUEUE_KEY = `${PREFIX}queue`;
/** Stream of messages that no worker could process. */
export const DEAD_KEY = `${PREFIX}dead`;
/** Hash: `events` waiting, and the drain rate as an exponentially decaying sum (`rate`, `rate_at`). */
export const STATS_KEY = `${PREFIX}stats`;
/** Hash: id of a message in SQS to its number of events. */
export const BOOKS_KEY = `${PREFIX}books`;
/** Sorted set: ids of messages in SQS by the time at which they were booked, in milliseconds. */
export const SENT_KEY = `${PREFIX}sent`;
/** Sorted set: ids of messages that left SQS lately, by the time, in milliseconds. */
export const DONE_KEY = `${PREFIX}done`;
/** Hash: receipt id to what a pending receipt says, as long as its message waits. */
export const RECEIPTS_KEY = `${PREFIX}receipts`;
/** Hash: client id to the number of events ever accepted. */
export const ACCEPTED_KEY = `${PREFIX}accepted`;

/** Hash: what is known of an API key. @param hash SHA-256 of the key, base64url */
export const apiKeyKey = (hash: string): string => `${PREFIX}key:${hash}`;
/** Hash: a client's switch and limits. */
export const clientKey = (clientId: string): string => `${PREFIX}client:${clientId}`;
/** String: the client's theoretical arrival time (GCRA), in microseconds. */
export const limitKey = (clientId: string): string => `${PREFIX}limit:${clientId}`;
/** Hash: event id to digest, for windows with an even (0) or odd (1) number. */
export const seenKey = (clientId: string, parity: 0 | 1): string => `${PREFIX}seen:${clientId}:${parity}`;
