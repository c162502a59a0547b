/** Into Redis Streams: one script does everything, in one round trip. */
import { bytesBefore, refusalBytes } from "../answer.ts";
import type { Config } from "../config.ts";
import { auditOf } from "../http.ts";
import { openAudit, openHeader } from "../message.ts";
import type { Recounted } from "../queue/sqs-recount.ts";
import type { RedisConnection } from "../redis/client.ts";
import { defineEnqueue } from "../redis/enqueue.ts";
import type { Shards } from "../redis/shards.ts";
import type { Unqueued } from "../unqueued.ts";
import { admissionArgs, admissionKeys, toAdmission } from "./admission.ts";
import type { Enqueued, GivenUp, Intake, SettledPart, Submission } from "./enqueue.ts";
import { Notes } from "./notes.ts";

const enqueueScript = defineEnqueue(refusalBytes);

export class RedisIntake implements Intake {
  readonly #redis: RedisConnection;
  readonly #shards: Shards;
  readonly #config: Config;
  readonly #unqueued: Unqueued;
  readonly #notes: Notes;

  constructor(redis: RedisConnection, shards: Shards, config: Config, unqueued: Unqueued) {
    this.#redis = redis;
    this.#shards = shards;
    this.#config = config;
    this.#unqueued = unqueued;
    this.#notes = new Notes(redis, shards, "redis");
  }

  async enqueue(submission: Submission): Promise<Enqueued> {
    const names = this.#unqueued.take();
    let audited = false;
    try {
      const enqueued = await this.#enqueue(submission, names);
      audited = enqueued.audited;
      return enqueued;
    } finally {
      if (!audited) this.#unqueued.add(names);
    }
  }

  async #enqueue(submission: Submission, names: readonly string[]): Promise<Enqueued> {
    const { request, key, batch } = submission;
    const header = { id: request.id, at: request.receivedAt };
    const head = openHeader(names.length === 0 ? header : { ...header, unqueued: names });
    const args = admissionArgs(submission, this.#config);
    args.push(head, openAudit(auditOf(request)), JSON.stringify(key.prefix), bytesBefore(submission));
    for (const event of batch.valid) args.push(event.seenId, event.digest, event.line);
    const shard = this.#shards.ofKey(key);
    const keys = [...admissionKeys(shard, submission), shard.queue, shard.decided(0), shard.decided(1)];
    return toAdmission(await enqueueScript(this.#redis, keys, args), submission);
  }

  async settled(parts: readonly SettledPart[], dead: readonly GivenUp[]): Promise<void> {
    await this.#notes.settle(parts);
    await this.#notes.giveUp(dead);
  }

  /** The stream and the notes are lost or kept together. */
  recount(): Promise<Recounted> {
    return Promise.resolve("complete");
  }
}
