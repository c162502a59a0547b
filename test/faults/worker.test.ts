import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import type { Config } from "../../lib/config/config.ts";
import { type TestClient, testClient } from "../support/client.ts";
import { freshDeps, someEvents, workUntilEmpty } from "../support/faults.ts";
import { type Answer, anEvent } from "../support/pipeline.ts";
import { QUEUES, queueConfig, queueEnvironment } from "../support/queue/queues.ts";
import { type Child, startChild } from "../support/servers/child.ts";
import { lockTable } from "../support/servers/lock.ts";

const SCRIPT = fileURLToPath(new URL("../support/servers/doomed-worker.ts", import.meta.url));

let config: Config;
let deps: Deps;

/** To be killed by SIGKILL, so that it can't even close its connections. */
function startWorker(): Child {
  const env = { PATH: process.env.PATH, ...queueEnvironment(config), LOG_LEVEL: "SILENT" };
  const worker = startChild(process.execPath, [SCRIPT], { env });
  onTestFinished(worker.kill);
  return worker;
}

/** Sends three requests of ten events that share one id, and a call that is refused. */
async function sendSome(client: TestClient): Promise<Answer[]> {
  await workUntilEmpty(deps);
  const shared = anEvent();
  const answers: Answer[] = [];
  for (let n = 0; n < 3; n++) {
    answers.push(await client.send({ events: [...someEvents(9).events, shared] }));
    await deps.redis.del(...(await deps.redis.keys("*:seen:*")));
  }
  answers.push(await client.send("not json"));
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 400]);
  return answers;
}

async function expectEverythingRight(client: TestClient, answers: readonly Answer[]): Promise<void> {
  await client.expectStoredOnce(28);
  expect(await client.counts()).toMatchObject({ accepted: 30, duplicates: 2 });
  expect(await client.pipeline()).toMatchObject({
    accepted: 30,
    stored: 28,
    duplicates: 2,
    quarantined: 0,
    pending: 0,
  });
  const taken = answers.filter(({ status }) => status === 202);
  const receipts = await Promise.all(taken.map(({ body }) => client.receipt(body.receipt_id)));
  expect(
    receipts.map(({ accepted, stored, duplicates, pending }) => [accepted, stored, duplicates, pending]),
  ).toEqual([
    [10, 10, 0, 0],
    [10, 9, 1, 0],
    [10, 9, 1, 0],
  ]);
  const ids = answers.map(({ headers, status }) => ({ id: headers["x-request-id"], status }));
  const rows = await deps.sql`
    SELECT request_id AS id, status FROM audit_log WHERE client_id = ${client.clientId} AND method = 'POST' ORDER BY at, request_id`;
  expect([...rows]).toEqual(ids);
  expect(await deps.queue.depth()).toMatchObject({ events: 0, deadLetters: 0 });
  expect(await deps.redis.hlen(deps.shards.first.receipts)).toBe(0);
}

describe.each(QUEUES)("with QUEUE=%s, after a worker is killed", (queue) => {
  beforeAll(async () => {
    // Longer than the check that no other worker gets the dead worker's messages.
    config = await queueConfig(queue, { queueVisibilitySeconds: 4 });
    deps = freshDeps(config);
  });

  it("between commit and acknowledgement, the next one changes nothing", async () => {
    const client = await testClient(deps, "after-commit");
    const answers = await sendSome(client);
    const doomed = startWorker();
    await doomed.says("settled 4");
    await doomed.kill();
    const settled = await client.counts();
    expect(settled).toMatchObject({ events: 28, accepted: 30 });
    expect((await deps.queue.depth()).messages).toBe(4);
    // The visibility timeout has not passed yet.
    expect(await deps.queue.receive({ maxMessages: 10, waitMs: 0 })).toEqual([]);
    await workUntilEmpty(deps);
    expect(await client.counts()).toEqual(settled);
    await expectEverythingRight(client, answers);
  });

  it("in mid-transaction, nothing of it remains, and the next one stores everything", async () => {
    const client = await testClient(deps, "mid-transaction");
    const answers = await sendSome(client);
    const unlock = await lockTable(deps, "pipeline_totals");
    const doomed = startWorker();
    await doomed.says("received 4");
    const waiting = async (): Promise<string[]> => {
      // PostgreSQL shows the first 1,024 bytes of a statement; the one that stores events begins with its lists.
      const rows = await deps.sql<{ writes: string }[]>`
        SELECT CASE substring(query FROM 'INSERT INTO pipeline_totals|WITH lists AS') WHEN 'WITH lists AS' THEN 'event_ledger'
                    ELSE 'pipeline_totals' END AS writes FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock' ORDER BY 1`;
      return rows.map(({ writes }) => writes);
    };
    await expect.poll(waiting, { timeout: 45_000 }).toEqual(["pipeline_totals"]);
    await doomed.kill();
    expect(await client.counts()).toMatchObject({ events: 0, ledger: 0, accepted: 0 });
    // The next worker meets the ids that the dead worker's transaction still holds, and waits for it.
    const takenOver = workUntilEmpty(deps);
    await expect.poll(waiting, { timeout: 45_000 }).toEqual(["event_ledger", "pipeline_totals"]);
    await unlock();
    await takenOver;
    await expectEverythingRight(client, answers);
  });
});
