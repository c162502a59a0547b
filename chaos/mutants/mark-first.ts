import type { Deps } from "../../lib/app/connect.ts";
import type { Admitted, Intake, Submission } from "../../lib/ingest/intake.ts";

/**
 * Marks ids as seen before the queue has accepted their events: if it then rejects them, the client's retry counts as a
 * duplicate, and the events are lost. Its marks are separate from those of the intake.
 */
export function markFirst({ redis }: Pick<Deps, "redis">, intake: Intake): void {
  const enqueue = intake.enqueue.bind(intake);
  intake.enqueue = async (submission) => {
    const { key, batch } = submission;
    const marks = `chaos:marked:${key.clientId}`;
    const marked = await Promise.all(batch.valid.map(({ eventId }) => redis.hsetnx(marks, eventId, 1)));
    const valid = batch.valid.filter((_, item) => marked[item] === 1);
    if (valid.length === 0) return allDuplicates(submission);
    const result = await enqueue({ ...submission, batch: { ...batch, valid } });
    // Not admitted yet: the same submission comes again when the key is cached.
    if (result.code === "miss" || result.code === "client")
      await redis.hdel(marks, ...valid.map(({ eventId }) => eventId));
    if (result.code !== "ok") return result;
    const rest = [...result.outcomes];
    const outcomes = marked.map((isNew) => (isNew === 1 && rest.shift()) || "duplicate");
    return { ...result, outcomes };
  };
}

const allDuplicates = ({ key, batch }: Submission): Admitted => ({
  code: "ok",
  owner: key.clientId,
  keyPrefix: key.prefix,
  audited: false,
  outcomes: batch.valid.map(() => "duplicate"),
  limit: undefined,
});
