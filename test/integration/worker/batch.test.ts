/** The worker's transaction after a deadlock, and with two messages of one request. */
import { describe, expect, it } from "vitest";
import { eventKey } from "../../../lib/base/ids.ts";
import type { Header } from "../../../lib/queue/message.ts";
import type { Delivered } from "../../../lib/worker/parse-batch.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import { freshDeps } from "../../support/faults.ts";
import { addClient, anEvent, counts, countWaiting, send, stored } from "../../support/pipeline.ts";
import { poll, takeOne } from "../../support/queue/queue-steps.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();

/** Sends events and receives their message. */
async function aMessage(secret: string, ids: readonly string[]): Promise<Delivered & { receiptId: string }> {
  const { body } = await send(deps, secret, { events: ids.map((event_id) => anEvent({ event_id })) });
  const message = await takeOne(deps.queue);
  await deps.queue.ack([message.id]);
  return { ...message, receiptId: body.receipt_id };
}

describe("a batch", () => {
  it("is stored after a deadlock", async () => {
    const { clientId, secret } = await addClient(deps, "deadlock");
    // Sorted in the order in which a worker claims them.
    const ids = ["a", "b"].sort((a, b) => (eventKey(a) < eventKey(b) ? -1 : 1));
    const message = await aMessage(secret, ids);
    const [first = "", second = ""] = ids.map(eventKey);
    // The worker checks for deadlocks once the other transaction surely waits for it, and the other never checks.
    const [database] = await deps.sql`SELECT current_database() AS name`;
    await deps.sql`ALTER DATABASE ${deps.sql(String(database?.name))} SET deadlock_timeout = '3s'`;
    const worker = freshDeps(deps.config);
    const other = await deps.sql.reserve();
    await other`SET deadlock_timeout = '60s'`;
    await other`BEGIN`;
    const claim = (key: string) => other`
      INSERT INTO event_ledger (event_key, client_id, event_time) VALUES (${key}, ${clientId}, now())`;
    await claim(second);
    const working = drain([message], worker);
    await poll(() => countWaiting(deps)).toBe(1);
    await claim(first);
    await other`ROLLBACK`;
    await other`RESET deadlock_timeout`;
    other.release();
    expect(await working).toEqual([]);
    expect(await counts(deps, clientId)).toMatchObject(stored(2));
    const deadlocks = () => deps.sql`
      SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()`;
    await poll(async () => (await deadlocks())[0]?.deadlocks).toBe(1);
  });

  it("fails after five deadlocks, and nothing of it is stored", async () => {
    const { clientId, secret } = await addClient(deps, "deadlocks");
    const message = await aMessage(secret, ["deadlocked"]);
    await deps.sql.unsafe(`
      CREATE SEQUENCE attempts;
      CREATE FUNCTION deadlock() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM nextval('attempts');
        RAISE 'deadlock detected' USING ERRCODE = '40P01';
      END $$;
      CREATE TRIGGER deadlock BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.event_id = 'deadlocked')
        EXECUTE FUNCTION deadlock()`);
    await expect(drain([message], deps)).rejects.toMatchObject({ code: "40P01" });
    expect(await deps.sql`SELECT last_value::int AS attempts FROM attempts`).toEqual([{ attempts: 5 }]);
    expect(await counts(deps, clientId)).toMatchObject(stored(0));
    await deps.sql`DROP TRIGGER deadlock ON events`;
    expect(await drain([{ ...message, deliveries: 2 }], deps)).toEqual([]);
    expect(await counts(deps, clientId)).toMatchObject(stored(1));
  });

  it.each([
    ["before", [0, 1]],
    ["after", [1, 0]],
  ])(
    "stores a request's events though an empty message of the same request comes %s theirs",
    async (when, order) => {
      const { clientId, secret } = await addClient(deps, `twice-${when}`);
      const full = await aMessage(secret, [`${when}-1`, `${when}-2`]);
      // What the queue holds if Redis accepted a request twice because the first reply was lost.
      const header = JSON.parse(full.body.split("\n")[0] ?? "") as Header;
      const empty = { ...full, id: "9-9", body: JSON.stringify({ ...header, accepted: 0 }) };
      const batch = order.map((position) => [empty, full][position] as Delivered);
      expect(await drain(batch, deps)).toEqual([]);
      expect(await counts(deps, clientId)).toMatchObject(stored(2));
      const receipts = await deps.sql`
      SELECT accepted, stored FROM receipts WHERE receipt_id = ${full.receiptId}`;
      expect(receipts).toEqual([{ accepted: 2, stored: 2 }]);
    },
  );

  it("is stored if parts of it were settled before, though each of its messages comes for the first time", async () => {
    const { clientId, secret } = await addClient(deps, "surprise");
    const messages: Delivered[] = [];
    for (const ids of [["s-1", "s-2"], ["s-3"], ["s-4"]]) messages.push(await aMessage(secret, ids));
    const [first, second, third] = messages as [Delivered, Delivered, Delivered];
    expect(await drain([first], deps)).toEqual([]);
    // A part's receipt exists.
    expect(await drain([first, second], deps)).toEqual([]);
    // Only its audit row exists.
    await deps.sql`
      WITH gone AS (DELETE FROM receipts WHERE client_id = ${clientId} RETURNING 1)
      SELECT count(*) FROM gone`;
    expect(await drain([third, second], deps)).toEqual([]);
    expect(await counts(deps, clientId)).toMatchObject({ events: 4, ledger: 4, minutes: 4 });
    const [audit] = await deps.sql`
      SELECT count(*)::int AS rows, count(DISTINCT request_id)::int AS requests FROM audit_log WHERE client_id = ${clientId}`;
    expect(audit).toEqual({ rows: 3, requests: 3 });
    const [lanes] = await deps.sql`
      SELECT (SELECT sum(entries)::int FROM audit_lanes) AS lanes, (SELECT sum(entries)::int FROM audit_seals) AS seals,
             (SELECT count(*)::int FROM audit_log) AS rows`;
    expect(lanes).toMatchObject({ lanes: lanes?.rows, seals: lanes?.rows });
  });
});
