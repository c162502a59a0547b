/**
 * Into SQS: a script admits the request, SQS takes its events packed many to a message, and a second script marks as
 * seen, books and counts only what SQS took.
 */
import { queueAudit } from "../audit-row.ts";
import type { Config } from "../config.ts";
import { auditOf } from "../http.ts";
import type { Log } from "../log.ts";
import type { AuditRow, Header } from "../message.ts";
import { problemTypes } from "../problem.ts";
import type { Sent, SqsQueue } from "../queue/sqs.ts";
import { booksKeys } from "../queue/sqs-books.ts";
import { admitScript } from "../redis/admit.ts";
import type { RedisConnection } from "../redis/client.ts";
import { confirmScript } from "../redis/confirm.ts";
import { settleScript } from "../redis/settle.ts";
import type { Shards } from "../redis/shards.ts";
import { type Admission, admissionArgs, admissionKeys, toAdmission } from "./admission.ts";
import type { Enqueued, Intake, SettledMessage, Submission } from "./enqueue.ts";
import { type Part, pack } from "./pack.ts";

interface Parts {
  redis: RedisConnection;
  shards: Shards;
  queue: SqsQueue;
  config: Config;
  messageBytes: number;
  log: Log;
}

type Audited = Header & { audit: AuditRow };

/** Replies after which `withKey` looks the key up and asks again: nothing has been decided yet. */
const UNDECIDED: readonly string[] = ["miss", "client"];

export class SqsIntake implements Intake {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async enqueue(submission: Submission): Promise<Enqueued> {
    const { redis, shards, config } = this.#parts;
    const args = admissionArgs(submission, config);
    for (const event of submission.batch.valid) args.push(event.seenId, event.digest);
    const keys = admissionKeys(shards.ofKey(submission.key), submission);
    const admission = toAdmission(await admitScript(redis, keys, args), submission);
    const { code, outcomes, owner } = admission;
    if (UNDECIDED.includes(code)) return admission;
    if (code !== "ok" || owner === null || !/[ad]/.test(outcomes)) {
      const status = code === "ok" ? problemTypes["no-valid-events"].status : statusOf(code);
      await queueAudit(this.#parts, audited(submission, admission, status));
      return admission;
    }
    return this.#send(submission, admission, owner);
  }

  async #send(submission: Submission, admission: Admission, owner: string): Promise<Enqueued> {
    const { queue, messageBytes } = this.#parts;
    const fresh = submission.batch.valid.filter((_, item) => admission.outcomes[item] === "a");
    const first = { ...audited(submission, admission, 202), client: owner };
    const parts = pack(
      fresh.map(({ line }) => line),
      first,
      messageBytes,
    );
    const sent = await queue.sendEach(parts);
    await this.#confirm(submission, owner, fresh, parts, sent);

    const outcomes = withRefusals(admission.outcomes, parts, sent);
    const [refusedFirst] = sent;
    const nothing = sent.every(({ id }) => id === undefined);
    if (!nothing && refusedFirst?.id !== undefined) return { ...admission, outcomes };
    // The audit row was with what SQS did not take.
    const passing = sent.some((one) => one.id === undefined && one.retryable);
    const code = nothing && passing ? "queue-unavailable" : "ok";
    const status = nothing ? statusOf(passing ? code : "no-valid-events") : 202;
    await queueAudit(this.#parts, audited(submission, admission, status));
    return {
      ...admission,
      code,
      outcomes,
      cause: sent.flatMap((one) => ("cause" in one ? one.cause : []))[0],
    };
  }

  /** What happens between SQS's answer and this costs no event: those not marked are found in the ledger. */
  async #confirm(
    { request }: Submission,
    owner: string,
    fresh: Submission["batch"]["valid"],
    parts: readonly Part[],
    sent: readonly Sent[],
  ): Promise<void> {
    const { redis, shards, config, log } = this.#parts;
    const messages: (string | number)[] = [];
    const marks: (string | number)[] = [];
    for (const [part, { events }] of parts.entries()) {
      const id = sent[part]?.id;
      if (id === undefined) continue;
      messages.push(id, part, events.length);
      for (const position of events) {
        const event = fresh[position];
        if (event) marks.push(event.seenId, event.digest);
      }
    }
    const args = [
      owner,
      request.id,
      config.dedupWindowSeconds * 1_000,
      messages.length / 3,
      ...messages,
      ...marks,
    ];
    const shard = shards.of(owner);
    const seen = [shard.seen(owner, 0), shard.seen(owner, 1)];
    const keys = [...booksKeys(shard), ...seen, shard.receipts, shard.accepted];
    await confirmScript(redis, keys, args).catch((error: Error) =>
      log.warn("not-confirmed", { request_id: request.id, error }),
    );
  }

  async settled(messages: readonly SettledMessage[], dead: readonly string[]): Promise<void> {
    const { redis, shards, queue } = this.#parts;
    await queue.books.unbook("dead", dead);
    const byShard = Map.groupBy(messages, ({ clientId }) =>
      clientId === undefined ? shards.first : shards.of(clientId),
    );
    await Promise.all(
      [...byShard].map(([shard, settled]) =>
        settleScript(redis, [...booksKeys(shard), shard.receipts, shard.accepted], settled.flatMap(toWords)),
      ),
    );
  }
}

/** ARGV of `settleScript`. */
const toWords = ({ queueId, place, clientId = "", events, fresh }: SettledMessage): (string | number)[] => [
  queueId,
  place.id,
  place.part,
  events,
  clientId,
  fresh ? 1 : 0,
];

const statusOf = (code: string): number =>
  Object.entries(problemTypes).find(([name]) => name === code)?.[1].status ?? 500;

function audited({ request }: Submission, { owner, keyPrefix }: Admission, status: number): Audited {
  const outcome = { client_id: owner, key_prefix: keyPrefix, status, bytes_out: null };
  const duration_ms = Math.max(0, Date.now() - request.receivedAt);
  return {
    v: 1,
    id: request.id,
    at: request.receivedAt,
    audit: { ...auditOf(request), ...outcome, duration_ms },
  };
}

/** Puts r or x in the place of the a of each event that SQS did not take. */
function withRefusals(outcomes: string, parts: readonly Part[], sent: readonly Sent[]): string {
  const letters = new Map<number, string>();
  for (const [part, { events }] of parts.entries()) {
    const one = sent[part];
    if (one?.id === undefined)
      for (const position of events) letters.set(position, one?.retryable === false ? "x" : "r");
  }
  let position = 0;
  return outcomes.replace(/a/g, () => letters.get(position++) ?? "a");
}
