import { randomUUID } from "node:crypto";
import type { Deps } from "../../lib/deps.ts";
import type { Intake } from "../../lib/enqueue/enqueue.ts";

/**
 * Marks ids as seen before the queue has taken their events: where it then does not, the client's retry is called a
 * duplicate, and the events are lost.
 */
export function markFirst({ redis, shards, config }: Deps, intake: Intake): Intake {
  return {
    settled: (messages, dead) => intake.settled(messages, dead),
    enqueue: async (submission) => {
      const { key, batch } = submission;
      const windowMs = config.dedupWindowSeconds * 1_000;
      const parity = Math.floor(Date.now() / windowMs) % 2 === 0 ? 0 : 1;
      const seen = shards.ofKey(key).seen(key.clientId, parity);
      const marked = await Promise.all(
        batch.valid.map(({ seenId, digest }) => redis.hsetnx(seen, seenId, digest)),
      );
      const fresh = batch.valid.filter((_, item) => marked[item] === 1);
      if (fresh.length === 0) return intake.enqueue(submission);
      // Under ids that nobody has seen, since those of their own are marked by now.
      const valid = fresh.map((event) => ({ ...event, seenId: `=${randomUUID()}` }));
      const result = await intake.enqueue({ ...submission, batch: { ...batch, valid } });
      if (result.code === "miss" || result.code === "client") {
        // Not admitted yet: the same submission comes again when the key is cached.
        await redis.hdel(seen, ...fresh.map(({ seenId }) => seenId));
        return result;
      }
      const letters = [...result.outcomes];
      const outcomes = marked.map((isNew) => (isNew === 1 ? (letters.shift() ?? "") : "d")).join("");
      return result.code === "ok" ? { ...result, outcomes } : result;
    },
  };
}
