/**
 * The intake for SQS: a script admits the request, SQS takes its events packed into messages, and a second script marks
 * only the events that SQS took as seen, and corrects the receipt's note to them.
 */

import { naming } from "../audit/record/queue-row.ts";
import { auditCall, auditHeader } from "../audit/record/row.ts";
import type { Unqueued } from "../audit/record/unqueued.ts";
import type { KeyMiss } from "../auth/authenticate.ts";
import type { Log } from "../base/log.ts";
import { fieldsOf } from "../base/tracing.ts";
import type { Config } from "../config/config.ts";
import { lookScript } from "../pending/lua/look.ts";
import type { GivenUp, SettledPart } from "../pending/notes.ts";
import { Notes } from "../pending/notes.ts";
import type { Database } from "../postgres/client.ts";
import type { Sent, SqsQueue } from "../queue/sqs/queue.ts";
import type { Recounted } from "../queue/sqs/recount.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import { Admissions, placesOf, type Way } from "./admission.ts";
import { type Confirmation, Confirmations } from "./confirmations.ts";
import { judge } from "./conflicts.ts";
import type { Admission, Admitted, Intake, Outcome, Submission } from "./intake.ts";
import { admitScript } from "./lua/admit.ts";
import { type Part, pack } from "./pack.ts";

interface Parts {
  redis: RedisConnection;
  sql: Database;
  shards: Shards;
  queue: SqsQueue;
  config: Config;
  messageBytes: number;
  log: Log;
  unqueued: Unqueued;
}

const WAY: Way = {
  script: admitScript,
  keys: () => [],
  push: (args, { seenId, digest }) => {
    args.push(seenId, digest);
  },
};

export class SqsIntake implements Intake {
  readonly #parts: Parts;
  readonly #admissions: Admissions;
  readonly #notes: Notes;
  readonly #confirmations: Confirmations;
  #hasLooked = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#admissions = new Admissions(parts, WAY);
    this.#notes = new Notes(parts.redis, parts.shards, "sqs");
    this.#confirmations = new Confirmations(parts.redis, parts.log);
  }

  async enqueue(submission: Submission): Promise<Admission | KeyMiss> {
    this.#lookOnce();
    await this.#confirmations.catchUp();
    const admission = await this.#admissions.admit(submission, []).catch((error: unknown) => {
      this.#withdraw(submission);
      throw error;
    });
    if (admission.code !== "ok" || admission.owner === null) return admission;
    const { owner } = admission;
    const judged = { ...admission, outcomes: await this.#check(submission, admission) };
    const isTaken = judged.outcomes.some((outcome) => outcome === "accepted" || outcome === "duplicate");
    if (isTaken) return this.#send(submission, judged, owner);
    // Removes the receipt's note.
    await this.#confirmations.confirm(this.#confirmation(submission, owner, [], [], []));
    return judged;
  }

  /**
   * Makes a new Redis record its first use before the first request is settled. Otherwise the first look after that could
   * not distinguish it from one that came back empty. Redis keeps the order, so nothing waits for the reply.
   */
  #lookOnce(): void {
    if (this.#hasLooked) return;
    this.#hasLooked = true;
    const { redis, shards } = this.#parts;
    for (const shard of shards.all)
      lookScript(redis, [...shard.notes, shard.counted], ["", 1]).catch(() => {
        this.#hasLooked = false;
      });
  }

  /**
   * Lets PostgreSQL decide on conflicts. If it has no event with the id, or does not answer, the event is queued: an
   * earlier one whose mark was lost may be pending, since ids are marked only after SQS has taken their events. The ledger
   * then decides, and the second event is a duplicate on the receipt. Within one request, differing events conflict.
   */
  async #check(submission: Submission, admitted: Admitted): Promise<readonly Outcome[]> {
    if (!admitted.outcomes.includes("conflict")) return admitted.outcomes;
    const decided = {
      same: "duplicate",
      other: "conflict",
      absent: "accepted",
      unknown: "accepted",
    } as const;
    return judge(this.#parts, submission, admitted, (verdict, isSecond) =>
      isSecond && verdict !== "same" ? "conflict" : decided[verdict],
    );
  }

  async #send(submission: Submission, admitted: Admitted, owner: string): Promise<Admission> {
    const { queue, messageBytes, unqueued } = this.#parts;
    const fresh = submission.batch.valid.filter((_, item) => admitted.outcomes[item] === "accepted");
    const names = unqueued.take();
    const { request, acceptedStatus = 202 } = submission;
    const audit = auditHeader(request, auditCall(request), {
      caller: { clientId: owner, keyPrefix: admitted.keyPrefix },
      status: acceptedStatus,
      bytesOut: null,
    });
    const lines = fresh.map(({ line }) => line);
    const header = { ...audit, ...fieldsOf(submission.trace), client: owner };
    const parts = pack(lines, naming(header, names), messageBytes);
    const sent = await queue.sendEach(parts.map(({ body }) => ({ body, group: owner })));
    // The row describes the response correctly only if SQS took all events.
    const audited = parts.length === 1 && sent[0]?.id !== undefined;
    if (!audited) unqueued.add(names);
    // A failure before this loses no event: the ledger detects duplicates of ids that are not marked.
    await this.#confirmations.confirm(this.#confirmation(submission, owner, fresh, parts, sent));

    const nothing = sent.every(({ id }) => id === undefined);
    const passing = sent.some((one) => one.id === undefined && one.retryable);
    if (nothing && passing) {
      const { keyPrefix, limit } = admitted;
      const [cause] = sent.flatMap((one) => ("cause" in one ? one.cause : []));
      return { code: "queue-unavailable", owner, keyPrefix, limit, audited, cause };
    }
    return { ...admitted, audited, outcomes: withRefusals(admitted.outcomes, parts, sent) };
  }

  /** Confirms what SQS took of a request. If it took nothing, the receipt's note is removed. */
  #confirmation(
    { request }: Submission,
    owner: string,
    fresh: Submission["batch"]["valid"],
    parts: readonly Part[],
    sent: readonly Sent[],
  ): Confirmation {
    const { shards, config } = this.#parts;
    const taken: (string | number)[] = [];
    const marked: Submission["batch"]["valid"] = [];
    for (const [part, { events }] of parts.entries()) {
      if (sent[part]?.id === undefined) continue;
      taken.push(part, events.length);
      for (const position of events) {
        const event = fresh[position];
        if (event) marked.push(event);
      }
    }
    const args = [
      owner,
      request.id,
      config.dedupWindowSeconds * 1_000,
      request.receivedAt,
      taken.length / 2,
      placesOf(marked),
      ...taken,
      ...marked.flatMap(({ seenId, digest }) => [seenId, digest]),
    ];
    const shard = shards.of(owner);
    const keys = [...shard.notes, shard.seen(owner)];
    return { id: request.id, keys, args, withdrawal: taken.length === 0 };
  }

  /** After an error, Redis may still have admitted the request, and then counts events that were never sent. */
  #withdraw(submission: Submission): void {
    const { clientId } = submission.key;
    if (clientId !== "") this.#confirmations.repeat(this.#confirmation(submission, clientId, [], [], []));
  }

  received(bodies: readonly string[]): Promise<void> {
    return this.#parts.queue.noteReceived(bodies);
  }

  async settled(parts: readonly SettledPart[], dead: readonly GivenUp[]): Promise<void> {
    await this.#notes.settle(parts);
    await this.#notes.giveUp(dead);
  }

  recount(forMs: number): Promise<Recounted> {
    return this.#parts.queue.recount(forMs);
  }
}

/** Replaces the outcome of each accepted event that SQS did not take. */
function withRefusals(
  outcomes: readonly Outcome[],
  parts: readonly Part[],
  sent: readonly Sent[],
): readonly Outcome[] {
  const refused = new Map<number, Outcome>();
  for (const [part, { events }] of parts.entries()) {
    const one = sent[part];
    if (one?.id === undefined)
      for (const position of events)
        refused.set(position, one?.retryable === false ? "too-large" : "refused");
  }
  if (refused.size === 0) return outcomes;
  let position = 0;
  return outcomes.map((outcome) => (outcome === "accepted" ? (refused.get(position++) ?? outcome) : outcome));
}
