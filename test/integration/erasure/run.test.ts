import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { advanceErasures } from "../../../lib/erasure/run.ts";
import { newSteps } from "../../../lib/postgres/lock-retry.ts";
import { redrive } from "../../../lib/quarantine/quarantine.ts";
import {
  countFound,
  type ErasureCalls,
  erasureSystem,
  refuseEvents,
  SUBJECT,
} from "../../support/erasures.ts";
import { expectExact, expectTidy, runAt, simulatedEvent, workAt } from "../../support/maintenance.ts";
import { addClient, anEvent, counts, drainAll, send, sendAndStore } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

let deps: Deps;
let erase: ErasureCalls["erase"];
let look: ErasureCalls["look"];
let secret: string;
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const { handler: admin } = await import("../../../functions/admin.ts");

beforeEach(async () => {
  deps = await testDeps();
  ({ erase, look, secret } = await erasureSystem(deps, admin));
});

const found = (text: string): Promise<number> => countFound(deps, text);
const of = (email: string) => ({ payload: { user: { email }, n: 1.5 } });

/** Inserts a request that has not been started, as the previous version does. */
async function insertRequest(): Promise<string> {
  const id = randomUUID();
  const sha256 = createHash("sha256").update(JSON.stringify(SUBJECT)).digest();
  await deps.sql`
    INSERT INTO erasures (erasure_id, client_id, property, value, value_sha256)
    VALUES (${id}, 'shop', 'payload.user.email', ${JSON.stringify(SUBJECT)}::text::json, ${sha256})`;
  return id;
}

describe("an erasure", () => {
  it("erases the subject, and nobody else, in every partition, and changes no count", async () => {
    const other = await addClient(deps, "other");
    const now = Date.now();
    const mine = Array.from({ length: 2_300 }, (_, n) => ({
      // Many with one time, across the bounds of steps.
      ...simulatedEvent(now - Math.floor(n / 400) * 30 * DAY_MS),
      payload: JSON.stringify(of(n % 2 === 0 ? SUBJECT : "bob@example.org").payload),
    }));
    await workAt(deps, "shop", now, mine);
    await sendAndStore(deps, other.secret, anEvent(of(SUBJECT)));
    const before = [await counts(deps, "shop"), await counts(deps, "other")];

    const { status, body, headers } = await erase();
    expect(status).toBe(202);
    expect(headers.location).toBe(`/v1/erasures/${body.erasure_id}`);
    expect(body).toMatchObject({
      client_id: "shop",
      status: "completed",
      requested_by: { client_id: "admin", key_prefix: expect.stringContaining("weir_admin_") },
      events_erased: 1_150,
      quarantined_erased: 0,
    });
    const salt = Buffer.from(String(body.value_salt), "hex");
    expect(salt).toHaveLength(16);
    const hash = createHash("sha256").update(salt).update(JSON.stringify(SUBJECT)).digest("hex");
    expect(body.value_sha256).toBe(hash);
    expect([await counts(deps, "shop"), await counts(deps, "other")]).toEqual(before);
    await expectExact(deps);
    const [rows] = await deps.sql`
      SELECT count(*) FILTER (WHERE payload::text = '{"erased":true}')::int AS erased,
             count(*) FILTER (WHERE payload #>> '{user,email}' = 'bob@example.org' AND payload::text LIKE '%1.5%')::int AS bob,
             count(DISTINCT tableoid)::int AS partitions
        FROM events WHERE client_id = 'shop'`;
    expect(rows).toMatchObject({ erased: 1_150, bob: 1_150 });
    expect(rows?.partitions).toBeGreaterThan(5);
    // The other client's event.
    expect(await found(SUBJECT)).toBe(1);
    // The audit rows of the calls themselves are in the queue.
    expect((await look(body.erasure_id)).body).toEqual({ ...body, unsearched: expect.any(Object) });
    await drainAll(deps);
    const [call] = await deps.sql`SELECT * FROM audit_log WHERE path = '/v1/erasures'`;
    expect(call).toMatchObject({ client_id: "admin", method: "POST", status: 202 });
    expect(await found(SUBJECT)).toBe(1);
  });

  it("keeps the id, so that a resend is a duplicate", async () => {
    const event = anEvent(of(SUBJECT));
    await sendAndStore(deps, secret, event);
    await erase();
    // Redis has forgotten the id; the ledger has not.
    await deps.redis.flushdb();
    expect((await send(deps, secret, event)).status).toBe(202);
    await drainAll(deps);
    expect(await counts(deps, "shop")).toMatchObject({ events: 1, stored: 1, duplicates: 1 });
    expect(await found(SUBJECT)).toBe(0);
  });

  it("is carried out by maintenance if the call did not start it", async () => {
    await sendAndStore(deps, secret, { events: [anEvent(of(SUBJECT)), anEvent(of("bob"))] });
    const id = await insertRequest();
    expect((await look(id)).body).toMatchObject({ status: "waiting", completed_at: null, value_salt: "" });
    expect(await runAt(deps, Date.now())).toMatchObject({ erasures_completed: 1, complete: true });
    expect((await look(id)).body).toMatchObject({ status: "completed", events_erased: 1 });
    expect(await found(SUBJECT)).toBe(0);
    expect(await runAt(deps, Date.now())).toMatchObject({ erasures_completed: 0, complete: true });
    await expectTidy(deps);
  });

  it("does not touch events received after it, even if they are stored before it runs", async () => {
    await insertRequest();
    // An event of the same millisecond counts as received before.
    await sleep(2);
    await sendAndStore(deps, secret, anEvent(of(SUBJECT)));
    expect(await runAt(deps, Date.now())).toMatchObject({ erasures_completed: 1 });
    expect(await found(SUBJECT)).toBe(1);
  });

  it("erases quarantined payloads and the database's messages, and a redrive still counts them", async () => {
    await refuseEvents(deps);
    const events = [SUBJECT, SUBJECT, "bob@example.org"].map((email, n) =>
      anEvent({ event_id: `poison-${n}`, ...of(email) }),
    );
    await sendAndStore(deps, secret, { events });
    const torn = Buffer.from(`["torn","t","2026-01-01T00:00:00Z"]\t{"user":{"email":"${SUBJECT}`);
    await deps.sql`
      INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id)
      VALUES ('shop', ${randomUUID()}, ${torn}, 'x', 'x', now(), ${randomUUID()}),
             ('shop', ${randomUUID()}, ${Buffer.from(`no line: ${SUBJECT}`)}, 'x', 'x', now(), ${randomUUID()}),
             ('shop', ${randomUUID()}, ${Buffer.from([0xff, 0xfe])}, 'x', 'x', now(), ${randomUUID()})`;
    expect(await found(SUBJECT)).toBe(4);
    const erased = { status: "completed", quarantined_erased: 4, events_erased: 0 };
    expect((await erase()).body).toMatchObject(erased);
    expect(await found(SUBJECT)).toBe(0);
    expect(await found("bob@example.org")).toBe(1);
    await deps.sql`DROP TRIGGER refuse ON events`;
    expect(await redrive(deps, { limit: 100, reason: "P0001" })).toEqual({ redriven: 3 });
    await drainAll(deps);
    expect(await counts(deps, "shop")).toMatchObject({ events: 3, stored: 3, quarantined: 0, minutes: 3 });
  });

  const BEFORE = "before the request";
  it.each([BEFORE, "before the quarantine is searched"])(
    "reaches events that a redrive queues %s",
    async (when) => {
      await refuseEvents(deps);
      await sendAndStore(deps, secret, anEvent({ event_id: "poison-1", ...of(SUBJECT) }));
      await deps.sql`DROP TRIGGER refuse ON events`;
      let redriven = when === BEFORE;
      if (redriven) await redrive(deps, { limit: 10 });
      const id = await insertRequest();
      const before = async (): Promise<void> => {
        if (!redriven) await redrive(deps, { limit: 10 });
        redriven = true;
      };
      await advanceErasures(newSteps(deps.sql, { before }), () => {});
      expect((await look(id)).body).toMatchObject({ status: "completed", quarantined_erased: 1 });
      await drainAll(deps);
      expect(await found(SUBJECT)).toBe(0);
      expect(await counts(deps, "shop")).toMatchObject({ events: 1, stored: 1, quarantined: 0 });
    },
  );

  it("continues after it is killed, and counts each event once", async () => {
    const now = Date.now();
    const events = Array.from({ length: 3_500 }, (_, n) => ({
      ...simulatedEvent(now - n * 1_000),
      payload: JSON.stringify({ user: { email: SUBJECT } }),
    }));
    await workAt(deps, "shop", now, events);
    const id = await insertRequest();
    const left: number[] = [];
    for (let rest = 1; rest > 0; ) {
      let steps = 0;
      const dying = newSteps(deps.sql, {
        before: () => {
          if (++steps > 1) throw new Error("killed");
        },
      });
      await advanceErasures(dying, () => {}).catch((error: Error) => expect(error.message).toBe("killed"));
      rest = (await found(SUBJECT)) - 1;
      left.push(rest);
    }
    expect(left.length).toBeGreaterThanOrEqual(4);
    await Promise.all([runAt(deps, Date.now()), advanceErasures(newSteps(deps.sql), () => {})]);
    expect((await look(id)).body).toMatchObject({ status: "completed", events_erased: 3_500 });
    expect(await found(SUBJECT)).toBe(0);
  });

  it("does not complete while a partition that it could not search still exists", async () => {
    await deps.sql`CREATE TABLE events_20200106 (LIKE events)`;
    await deps.sql`INSERT INTO expired_partitions (name) VALUES ('events_20200106')`;
    const { body } = await erase();
    expect(body.status).toBe("running");
    await runAt(deps, Date.now());
    await runAt(deps, Date.now());
    expect((await look(body.erasure_id)).body.status).toBe("completed");
  });
});
