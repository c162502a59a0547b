/** The intake for Redis Streams: one script does everything, in one round trip. */

import { auditCall } from "../audit/record/row.ts";
import type { Unqueued } from "../audit/record/unqueued.ts";
import type { KeyMiss } from "../auth/authenticate.ts";
import type { Log } from "../base/log.ts";
import { fieldsOf } from "../base/tracing.ts";
import type { Config } from "../config/config.ts";
import type { GivenUp, SettledPart } from "../pending/notes.ts";
import { Notes } from "../pending/notes.ts";
import type { Database } from "../postgres/client.ts";
import { depthScript, toDepth } from "../queue/lua/depth.ts";
import { openAudit, openHeader } from "../queue/message.ts";
import type { Recounted } from "../queue/sqs/recount.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import { Admissions, type Way } from "./admission.ts";
import { judge } from "./conflicts.ts";
import type { Admission, Admitted, Intake, Submission } from "./intake.ts";
import { enqueueScript } from "./lua/enqueue.ts";

interface Parts {
  redis: RedisConnection;
  sql: Database;
  shards: Shards;
  config: Config;
  log: Log;
  unqueued: Unqueued;
}

const WAY: Way = {
  script: enqueueScript,
  keys: (shard) => [shard.queue, shard.decided(0), shard.decided(1)],
  push: (args, { seenId, digest, line }) => {
    args.push(seenId, digest, line);
  },
};

export class RedisIntake implements Intake {
  readonly #parts: Parts;
  readonly #admissions: Admissions;
  readonly #notes: Notes;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#admissions = new Admissions(parts, WAY);
    this.#notes = new Notes(parts.redis, parts.shards, "redis");
  }

  async enqueue(submission: Submission): Promise<Admission | KeyMiss> {
    const { unqueued } = this.#parts;
    const names = unqueued.take();
    let audited = false;
    try {
      const admission = await this.#enqueue(submission, names);
      if (admission.code === "miss" || admission.code === "client") return admission;
      ({ audited } = admission);
      const isDoubtful = admission.code === "ok" && admission.outcomes.includes("conflict");
      return isDoubtful ? await this.#check(submission, admission) : admission;
    } finally {
      if (!audited) unqueued.add(names);
    }
  }

  /**
   * Lets PostgreSQL decide on conflicts. If it has no event with the id, the mark is right, since it was set in the step
   * that queued its event; but not if messages wait longer than marks last, since an earlier event may wait, too.
   */
  async #check(submission: Submission, admitted: Admitted): Promise<Admitted> {
    const { redis, shards, config } = this.#parts;
    const { queue, dead, stats } = shards.of(admitted.owner ?? "");
    // Before PostgreSQL is queried: what has left the queue by now is settled, and the query finds it.
    const oldest = depthScript(redis, [queue, dead, stats], []).then(toDepth);
    const overdue = await oldest.then(
      ({ oldestAgeMs }) => oldestAgeMs >= config.dedupWindowSeconds * 1_000,
      () => true,
    );
    const absent = overdue ? "unverified" : "conflict";
    const decided = { same: "duplicate", other: "conflict", absent, unknown: "unverified" } as const;
    return {
      ...admitted,
      outcomes: await judge(this.#parts, submission, admitted, (verdict) => decided[verdict]),
    };
  }

  #enqueue(submission: Submission, names: readonly string[]): Promise<Admission | KeyMiss> {
    const { request, acceptedStatus = 202 } = submission;
    const header = { id: request.id, at: request.receivedAt, ...fieldsOf(submission.trace) };
    const head = openHeader(names.length === 0 ? header : { ...header, unqueued: names });
    return this.#admissions.admit(submission, [head, openAudit(auditCall(request)), String(acceptedStatus)]);
  }

  async settled(parts: readonly SettledPart[], dead: readonly GivenUp[]): Promise<void> {
    await this.#notes.settle(parts);
    await this.#notes.giveUp(dead);
  }

  /** Nothing to do: the stream and the notes are lost or kept together. */
  async received(): Promise<void> {}

  /** See `received`. */
  recount(): Promise<Recounted> {
    return Promise.resolve("complete");
  }
}
