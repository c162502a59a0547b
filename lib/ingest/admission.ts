/** KEYS and ARGV for the scripts that admit a request, and the decoding of their replies. */
import { type KeyMiss, toLimit } from "../auth/authenticate.ts";
import type { Config } from "../config/config.ts";
import type { ProblemCode } from "../http/problem.ts";
import { decayedRate } from "../pending/lua/drain-rate.ts";
import type { Shard } from "../redis/keys.ts";
import { costOf } from "./batch.ts";
import type { IncomingEvent } from "./event.ts";
import type { Admission, Outcome, Submission } from "./intake.ts";

/** The KEYS that both ways share, see `admissionLua`. */
export const admissionKeys = (shard: Shard, { key: { hash, clientId } }: Submission): string[] => [
  shard.apiKey(hash),
  shard.client(clientId),
  shard.limit(clientId),
  shard.seen(clientId),
  shard.stats,
  shard.receipts,
  shard.open,
  shard.waiting,
];

/** The ARGV that both ways share. */
export function admissionArgs(
  { request, key, batch, problem }: Submission,
  config: Pick<Config, "dedupWindowSeconds" | "queueMaxEvents" | "queueMaxBytes" | "redisShards">,
): (string | number)[] {
  return [
    key.clientId,
    "ingest",
    request.id,
    request.receivedAt,
    problem?.status ?? "",
    problem?.code ?? "",
    costOf(batch),
    config.dedupWindowSeconds * 1_000,
    // A script sees only its own shard, so each shard gets an equal part of the limits.
    Math.ceil(config.queueMaxEvents / config.redisShards),
    Math.ceil(config.queueMaxBytes / config.redisShards),
    placesOf(batch.valid),
  ];
}

/** The places of events as five hexadecimal digits each. */
export function placesOf(events: readonly Pick<IncomingEvent, "place">[]): string {
  let text = "";
  for (const { place } of events) text += (0x100000 + place).toString(16).slice(1);
  return text;
}

const OUTCOMES: Readonly<Record<string, Outcome>> = { a: "accepted", d: "duplicate", c: "conflict" };

/** Decodes the reply of a script made with `admissionLua`. */
export function toAdmission(reply: unknown, { key }: Submission): Admission | KeyMiss {
  const [code, outcomes, quota, window, remaining, reset, extra, owner, prefix, audited] = reply as [
    string,
    ...(string | number | null | undefined)[],
  ];
  if (code === "miss") return { code };
  if (code === "client") return { code, clientId: String(owner ?? "") };
  const decided = {
    limit: toLimit(typeof quota === "number" ? [quota, window, remaining, reset].map(Number) : []),
    owner: owner ? String(owner) : null,
    keyPrefix: prefix ? String(prefix) : key.prefix,
    audited: audited === 1,
  };
  switch (code) {
    case "ok":
      return {
        ...decided,
        code,
        outcomes: Array.from(String(outcomes), (letter) => OUTCOMES[letter] ?? "conflict"),
      };
    case "rate-limited":
      return { ...decided, code, waitMs: Number(extra) };
    case "queue-full": {
      const [waiting = 0, rate = 0, rateAt = 0, now = 0] = String(extra).split(" ").map(Number);
      return { ...decided, code, waiting, drainPerSecond: decayedRate(rate, rateAt, now) };
    }
    default:
      return { ...decided, code: "refused", problem: code as ProblemCode };
  }
}
