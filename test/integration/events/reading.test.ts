import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { eventKey } from "../../../lib/base/ids.ts";
import * as contract from "../../../lib/events/contract.ts";
import { pagesOf } from "../../support/http/pages.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { type Ask, aRow, askerOf, insertMany, insertRows } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const admin = await askerOf(deps, "boss", ["admin"]);
const acme = await askerOf(deps, "acme");
await addClient(deps, "beta");

/** The time `count` minutes ago. */
const minutesAgo = (count: number): string => new Date(Date.now() - count * 60_000).toISOString();

/** Returns the clients and ids of all pages' events. @param between called after each page */
async function readAll(ask: Ask, query: Record<string, string>, between = async () => {}): Promise<string[]> {
  const found: string[] = [];
  for await (const { body } of pagesOf(ask, contract.listEvents, query)) {
    const events = body.events as { client_id: string; event_id: string }[];
    found.push(...events.map(({ client_id, event_id }) => `${client_id} ${event_id}`));
    await between();
  }
  return found;
}

describe("GET /v1/events", () => {
  const TYPE = "listed";

  test("pages through all events, newest first, ties by id and client, while new events arrive", async () => {
    const times = Array.from({ length: 8 }, (_, index) => minutesAgo(60 + index));
    const rows = times.flatMap((event_time, index) =>
      ["acme", "beta"].flatMap((client_id) =>
        // The same ids for both clients, three events at each time.
        ["a", "b", "ü\u0001"].map((name) =>
          aRow({ client_id, event_id: `${name}-${index}`, event_type: TYPE, event_time }),
        ),
      ),
    );
    await insertRows(deps, rows);
    const order = (a: string, b: string): number => Buffer.compare(Buffer.from(b), Buffer.from(a));
    const expected = rows
      .toSorted(
        (a, b) =>
          order(a.event_time, b.event_time) ||
          order(a.event_id, b.event_id) ||
          order(a.client_id, b.client_id),
      )
      .map((row) => `${row.client_id} ${row.event_id}`);

    const arrive = () =>
      insertRows(deps, [aRow({ event_type: TYPE }), aRow({ client_id: "beta", event_type: TYPE })]);
    for (const limit of ["1", "7", "1000"])
      expect(await readAll(admin, { event_type: TYPE, limit, end: minutesAgo(30) })).toEqual(expected);
    expect(await readAll(admin, { event_type: TYPE, limit: "5" }, arrive)).toEqual(expected);
    const own = await readAll(acme, { event_type: TYPE, limit: "5", end: minutesAgo(30) });
    expect(own).toEqual(expected.filter((id) => id.startsWith("acme")));
  });

  test("takes start as inclusive and end as exclusive, to the microsecond", async () => {
    const second = minutesAgo(10).slice(0, 19);
    const at = (micros: string): string => `${second}.${micros}Z`;
    const rows = ["000001", "000002", "000003"].map((micros) =>
      aRow({ event_type: "micro", event_id: micros, event_time: at(micros) }),
    );
    await insertRows(deps, rows);
    const query = { event_type: "micro", start: at("000002"), end: at("000003") };
    expect(await readAll(acme, query)).toEqual(["acme 000002"]);
  });

  test("ends a page of large events before its limit, and continues on the next", async () => {
    const payload = JSON.stringify({ text: "x".repeat(900_000) });
    await insertMany(deps, 5, (n) => ({ event_type: "large", event_id: `large-${n}`, payload }));
    const first = await acme(contract.listEvents, { query: { event_type: "large" } });
    expect((first.body.events as unknown[]).length).toBe(2);
    expect(new Set(await readAll(acme, { event_type: "large" })).size).toBe(5);
  });

  test("refuses an invalid cursor, and another client's data", async () => {
    const bad = await acme(contract.listEvents, { query: { cursor: "bm9uZQ" } });
    expectProblem(bad, 400, "invalid-parameter", "cursor");
    const other = await acme(contract.listEvents, { query: { client: "beta" } });
    expectProblem(other, 403, "insufficient-scope");
  });
});

describe("GET /v1/events/{event_id}", () => {
  const get = (ask: Ask, event_id: string, query: Record<string, string> = {}) =>
    ask(contract.getEvent, { params: { event_id }, query });

  test("returns times to the microsecond, the latency, and the payload's original digits", async () => {
    const payload =
      '{"big":12345678901234567890,"small":0.1000000000000000055,"exact":1.50,"zero":-0,"huge":1e400}';
    const times = {
      received_at: "2026-03-01T10:00:01.000Z",
      processed_at: "2026-03-01T10:00:01.017600Z",
    };
    const timestamp = "2026-03-01T10:00:00.123456Z";
    const row = aRow({ event_time: timestamp, payload, ...times });
    await insertRows(deps, [row]);
    const { event_id, receipt_id } = row;
    const { body, text } = await get(acme, event_id);
    expect(body).toMatchObject({ client_id: "acme", event_id, receipt_id, status: "stored" });
    expect(body).toMatchObject({ timestamp, ...times, processing_latency_ms: 18 });
    expect(text).toContain(`"payload":${payload}}`);
    const list = await acme(contract.listEvents, {
      query: { start: "2026-03-01T10:00:00Z", end: "2026-03-01T11:00:00Z" },
    });
    expect(list.text).toContain(`"payload":${payload}}`);
  });

  test("finds any id, but only of the key's own client", async () => {
    for (const event_id of ["plain", "with/slash and %", "日本語", "x".repeat(200)]) {
      await insertRows(deps, [
        aRow({ event_id }),
        aRow({ client_id: "beta", event_id, event_time: minutesAgo(5) }),
      ]);
      expect((await get(acme, event_id)).body).toMatchObject({ event_id, client_id: "acme" });
      expect((await get(admin, event_id)).body).toMatchObject({ client_id: "acme" });
      expect((await get(admin, event_id, { client: "beta" })).body).toMatchObject({ client_id: "beta" });
    }
    await insertRows(deps, [aRow({ client_id: "beta", event_id: "of-beta" })]);
    expect((await get(acme, "of-beta")).body.code).toBe("not-found");
    expect((await get(acme, "none")).body.code).toBe("not-found");
  });

  const setAside = (event_id: string, line: string, receivedAt = minutesAgo(1)) => deps.sql`
    INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id)
    VALUES ('acme', ${eventKey(event_id)}, ${Buffer.from(line)}, '22P05', 'why', ${receivedAt}::text::timestamptz,
            ${randomUUID()})`;

  test("returns a quarantined event with its reason", async () => {
    const line = '["set-aside","bad","2026-03-01T10:00:00.000Z"]\t{"n":1.50}';
    await setAside("set-aside", line);
    const { body, text } = await get(acme, "set-aside");
    expect(body).toMatchObject({ event_type: "bad", status: "quarantined", reason: "22P05" });
    expect(body).toMatchObject({ processed_at: null, processing_latency_ms: null });
    expect(text).toContain('"payload":{"n":1.50}}');
    expect((await get(admin, "set-aside", { client: "beta" })).status).toBe(404);
  });

  test("returns an unreadable payload as an empty one, and never another event with the same key", async () => {
    await setAside("torn", '["torn","bad","2026-03-01T10:00:00.000Z"]\t{"n":');
    expect((await get(acme, "torn")).body).toMatchObject({ status: "quarantined", payload: {} });
    await setAside("unreadable", "no line at all");
    expect((await get(acme, "unreadable")).status).toBe(404);
    await setAside("mine", '["other","bad","2026-03-01T10:00:00.000Z"]\t{}');
    expect((await get(acme, "mine")).status).toBe(404);
  });

  test("prefers a stored event to a quarantined one with the same id", async () => {
    await setAside("both", '["both","bad","2026-03-01T10:00:00.000Z"]\t{}');
    await insertRows(deps, [aRow({ event_id: "both" })]);
    expect((await get(acme, "both")).body.status).toBe("stored");
  });
});
