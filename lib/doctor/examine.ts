/** Examines a system: which servers answer, and what about them breaks a promise or soon will. */
import type { Config } from "../config/config.ts";
import type { Database } from "../postgres/client.ts";
import type { Queue } from "../queue/port.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shards } from "../redis/shards.ts";
import { examineArchive } from "./archive.ts";
import { type Finding, failure, ok, reasonOf, warning } from "./finding.ts";
import { examinePostgres } from "./postgres.ts";
import { examineRedis } from "./redis.ts";

interface DoctorDeps {
  config: Config;
  sql: Database;
  redis: RedisConnection;
  shards: Shards;
  queue: Queue;
}

/** Age of the oldest message from which nobody seems to read the queue. */
const OLD_MS = 300_000;

/** Reads, and writes one key that expires after a second. Never rejects. */
export async function examine(deps: DoctorDeps): Promise<Finding[]> {
  const found = await Promise.all([
    examinePostgres(deps.sql),
    // Fails only with PostgreSQL, or if the schema lacks its tables; those are reported above.
    examineArchive(deps).catch(() => []),
    examineRedis(deps),
    examineQueue(deps),
  ]);
  return found.flat();
}

const about = (check: string) => ({ server: "queue", check }) as const;

async function examineQueue({ queue, config }: DoctorDeps): Promise<Finding[]> {
  try {
    const { events, oldestAgeMs, deadLetters } = await queue.depth();
    const waiting = `${events} events wait`;
    return [
      ok(about("reachable"), config.queue === "sqs" ? "SQS" : "Redis Streams"),
      oldestAgeMs < OLD_MS
        ? ok(about("age"), waiting)
        : warning(
            about("age"),
            `${waiting}, the oldest for ${Math.round(oldestAgeMs / 60_000)} minutes`,
            "Check that workers run, and their log.",
          ),
      deadLetters === 0
        ? ok(about("dead letters"), "none")
        : warning(
            about("dead letters"),
            `${deadLetters} messages`,
            "See the worker's log for the reason, then run `weir dead-letters redrive`.",
          ),
    ];
  } catch (error) {
    const advice =
      config.queue === "sqs"
        ? "Check SQS_QUEUE_URL, AWS_REGION, and the permissions of the credentials."
        : "It is in Redis: see there.";
    return [failure(about("reachable"), reasonOf(error), advice)];
  }
}
