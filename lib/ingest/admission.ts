/** Admits requests in Redis: KEYS and ARGV for the scripts made with `admissionLua`, and the decoding of their replies. */
import { type KeyMiss, toLimit } from "../auth/authenticate.ts";
import type { Config } from "../config/config.ts";
import type { ProblemCode } from "../http/problem.ts";
import { decayedRate } from "../pending/lua/drain-rate.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shard } from "../redis/keys.ts";
import type { Script } from "../redis/script.ts";
import type { Shards } from "../redis/shards.ts";
import { costOf } from "./batch.ts";
import { Coalescer } from "./coalesce.ts";
import type { IncomingEvent } from "./event.ts";
import type { Admission, Outcome, Submission } from "./intake.ts";

/** A script made with `admissionLua`, and the values of its own. */
export interface Way {
  script: Script;
  keys(shard: Shard): string[];
  /** Appends an item's values to ARGV. */
  push(args: (string | number)[], event: IncomingEvent): void;
}

interface Parts {
  redis: RedisConnection;
  shards: Shards;
  config: Pick<
    Config,
    "dedupWindowSeconds" | "queueMaxEvents" | "queueMaxBytes" | "redisShards" | "ingestCoalesce"
  >;
}

/** A request, and its way's own values. */
interface Entry {
  submission: Submission;
  words: readonly string[];
}

/**
 * Redis' time for a call, in microseconds, and its parts; roughly. Nothing else runs in Redis meanwhile, so a call should
 * not take more than a batch of 500 events does by itself.
 */
const MOST_US = 1_500;
const REQUEST_US = 12;
const EVENT_US = 5;
const BYTES_PER_US = 1_000;

/** Admits each request in a call of its own, or with `ingestCoalesce` those of a shard together. */
export class Admissions {
  readonly #parts: Parts;
  readonly #way: Way;
  readonly #coalescers = new Map<Shard, Coalescer<Entry, string>>();

  constructor(parts: Parts, way: Way) {
    this.#parts = parts;
    this.#way = way;
  }

  /**
   * @param words values for the script that are the way's own
   * @throws an error of Redis, or of the connection; the request may then have been admitted
   */
  async admit(submission: Submission, words: readonly string[]): Promise<Admission | KeyMiss> {
    const entry = { submission, words };
    const shard = this.#parts.shards.ofKey(submission.key);
    const reply = this.#parts.config.ingestCoalesce
      ? await this.#coalescer(shard).submit(entry)
      : (await this.#call(shard, [entry]))[0];
    return toAdmission(reply ?? "", submission);
  }

  #coalescer(shard: Shard): Coalescer<Entry, string> {
    const known = this.#coalescers.get(shard);
    if (known) return known;
    const made = new Coalescer<Entry, string>({
      call: (entries) => this.#call(shard, entries),
      costOf: timeOf,
      mostCost: MOST_US,
    });
    this.#coalescers.set(shard, made);
    return made;
  }

  /** @returns the entries' replies, in their order */
  async #call(shard: Shard, entries: readonly Entry[]): Promise<readonly string[]> {
    const { redis, config } = this.#parts;
    const callers = [...byCaller(entries)];
    const keys = [shard.stats, shard.receipts, shard.open, shard.waiting, ...this.#way.keys(shard)];
    const args: (string | number)[] = [
      "ingest",
      config.dedupWindowSeconds * 1_000,
      // A script sees only its own shard, so each shard gets an equal part of the limits.
      Math.ceil(config.queueMaxEvents / config.redisShards),
      Math.ceil(config.queueMaxBytes / config.redisShards),
      callers.length,
      entries.length,
    ];
    const ordered = callers.flat();
    for (const { submission } of ordered) args.push(submission.request.id);
    for (const requests of callers) this.#pushCaller(shard, keys, args, requests);
    const replies = (await this.#way.script(redis, keys, args)) as string[];
    if (callers.length === 1) return replies;
    const byEntry = new Map(ordered.map((entry, n) => [entry, replies[n] ?? ""]));
    return entries.map((entry) => byEntry.get(entry) ?? "");
  }

  #pushCaller(
    shard: Shard,
    keys: string[],
    args: (string | number)[],
    requests: readonly [Entry, ...Entry[]],
  ): void {
    const { hash, clientId, prefix } = requests[0].submission.key;
    keys.push(shard.apiKey(hash), shard.client(clientId), shard.limit(clientId), shard.seen(clientId));
    const start = args.length;
    let places = "";
    for (const { submission } of requests) places += placesOf(submission.batch.valid);
    args.push(0, requests.length, clientId, JSON.stringify(prefix), places);
    for (const { submission, words } of requests) {
      const { request, batch, problem } = submission;
      args.push(request.receivedAt, problem?.status ?? "", problem?.code ?? "", costOf(batch));
      args.push(batch.valid.length, ...words);
      for (const event of batch.valid) this.#way.push(args, event);
    }
    args[start] = args.length - start;
  }
}

/** The entries of each key, in order. */
function byCaller(entries: readonly Entry[]): Iterable<[Entry, ...Entry[]]> {
  const callers = new Map<string, [Entry, ...Entry[]]>();
  for (const entry of entries) {
    // An imported key's client may become known between two of its requests.
    const { hash, clientId } = entry.submission.key;
    const caller = `${hash} ${clientId}`;
    const others = callers.get(caller);
    if (others) others.push(entry);
    else callers.set(caller, [entry]);
  }
  return callers.values();
}

function timeOf({ submission: { batch } }: Entry): number {
  let bytes = 0;
  for (const { line } of batch.valid) bytes += line.length;
  return REQUEST_US + batch.valid.length * EVENT_US + bytes / BYTES_PER_US;
}

/** The places of events as five hexadecimal digits each. */
export function placesOf(events: readonly Pick<IncomingEvent, "place">[]): string {
  let text = "";
  for (const { place } of events) text += (0x100000 + place).toString(16).slice(1);
  return text;
}

const OUTCOMES: Readonly<Record<string, Outcome>> = { a: "accepted", d: "duplicate", c: "conflict" };

/**
 * Decodes a request's reply, see `admissionLua`.
 * @throws the error of a command in the script
 */
function toAdmission(reply: string, { key }: Submission): Admission | KeyMiss {
  const fields = reply.split("\t");
  const code = fields[0] ?? "";
  const second = fields[1] ?? "";
  if (code === "miss") return { code };
  if (code === "client") return { code, clientId: second };
  if (code === "error") throw new Error(second);
  const decided = {
    limit: fields[3] ? toLimit(fields.slice(3, 7).map(Number)) : undefined,
    owner: fields[2] || null,
    // The last field may contain tabs.
    keyPrefix: fields.slice(9).join("\t") || key.prefix,
    audited: second === "1",
  };
  const letters = fields[7] ?? "";
  const extra = fields[8] ?? "";
  switch (code) {
    case "ok":
      return {
        ...decided,
        code,
        outcomes: Array.from(letters, (letter) => OUTCOMES[letter] ?? "conflict"),
      };
    case "rate-limited":
      return { ...decided, code, waitMs: Number(extra) };
    case "queue-full": {
      const [waiting = 0, rate = 0, rateAt = 0, now = 0] = extra.split(" ").map(Number);
      return { ...decided, code, waiting, drainPerSecond: decayedRate(rate, rateAt, now) };
    }
    default:
      return { ...decided, code: "refused", problem: code as ProblemCode };
  }
}
