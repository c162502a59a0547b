/** Into Redis Streams: one script does everything, in one round trip. */
import type { Redis } from "ioredis";
import { stranger } from "../auth.ts";
import type { Config } from "../config.ts";
import { auditOf } from "../http.ts";
import { openHeader } from "../message.ts";
import { enqueueScript } from "../redis/enqueue.ts";
import { ACCEPTED_KEY, QUEUE_KEY, RECEIPTS_KEY } from "../redis/keys.ts";
import { admissionArgs, admissionKeys, toAdmission } from "./admission.ts";
import type { Enqueued, Intake, SettledMessage, Submission } from "./enqueue.ts";

export class RedisIntake implements Intake {
  readonly #redis: Redis;
  readonly #config: Config;

  constructor(redis: Redis, config: Config) {
    this.#redis = redis;
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
    const keys = [...admissionKeys(submission), QUEUE_KEY, ACCEPTED_KEY];
    return toAdmission(await enqueueScript(this.#redis, keys, args), submission);
  }

  async settled(messages: readonly SettledMessage[]): Promise<void> {
    const receipts = messages.filter(({ clientId }) => clientId !== undefined);
    if (receipts.length > 0) await this.#redis.hdel(RECEIPTS_KEY, ...receipts.map(({ place }) => place.id));
  }
}
