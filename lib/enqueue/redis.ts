/** Into Redis Streams: one script does everything, in one round trip. */
import { stranger } from "../auth.ts";
import type { Config } from "../config.ts";
import { auditOf } from "../http.ts";
import { openHeader } from "../message.ts";
import type { RedisConnection } from "../redis/client.ts";
import { enqueueScript } from "../redis/enqueue.ts";
import type { Shards } from "../redis/shards.ts";
import { admissionArgs, admissionKeys, toAdmission } from "./admission.ts";
import type { Enqueued, Intake, SettledMessage, Submission } from "./enqueue.ts";

export class RedisIntake implements Intake {
  readonly #redis: RedisConnection;
  readonly #shards: Shards;
  readonly #config: Config;

  constructor(redis: RedisConnection, shards: Shards, config: Config) {
    this.#redis = redis;
    this.#shards = shards;
    this.#config = config;
  }

  async enqueue(submission: Submission): Promise<Enqueued> {
    const { request, key, batch } = submission;
    const head = openHeader(
      { id: request.id, at: request.receivedAt },
      { ...auditOf(request), bytes_out: null },
    );
    const args = admissionArgs(submission, this.#config);
    args.push(head, JSON.stringify(stranger(key).keyPrefix));
    for (const event of batch.valid) args.push(event.seenId, event.digest, event.line);
    const shard = this.#shards.ofKey(key);
    const keys = [...admissionKeys(shard, submission), shard.queue, shard.accepted];
    return toAdmission(await enqueueScript(this.#redis, keys, args), submission);
  }

  async settled(messages: readonly SettledMessage[]): Promise<void> {
    const byShard = new Map<string, string[]>();
    for (const { clientId, place } of messages) {
      if (clientId === undefined) continue;
      const { receipts } = this.#shards.of(clientId);
      byShard.set(receipts, [...(byShard.get(receipts) ?? []), place.id]);
    }
    await Promise.all([...byShard].map(([receipts, ids]) => this.#redis.hdel(receipts, ...ids)));
  }
}
