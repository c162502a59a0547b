import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { eraseAudit } from "../../../lib/audit/erase.ts";
import { auditErasedSchema } from "../../../lib/audit/erase-contract.ts";
import { DAY_MS, instantOf } from "../../../lib/base/time.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import type { AuditRow } from "../../../lib/queue/message.ts";
import { aCall, calls, sealCalls } from "../../support/audit/trail.ts";
import { countFound } from "../../support/erasures.ts";
import { adminApi } from "../../support/http/admin-api.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { runAt } from "../../support/maintenance.ts";
import { type Answer, addClient, anEvent, drainAll, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

/** Personal values that occur nowhere else. */
const ADDRESS = "203.0.113.77";
const AGENT = "Ada's own browser/1.0";

let deps: Deps;
let key: string;
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const { handler: admin } = await import("../../../functions/admin.ts");

beforeEach(async () => {
  deps = await testDeps();
  key = (await addClient(deps, "admin", { scopes: ["admin"] })).secret;
});

async function erase(body: object, secret = key): Promise<Answer> {
  const answer = await adminApi(admin, deps, secret).ask("POST /v1/audit/erasures", { body });
  if (answer.status === 200) expect(auditErasedSchema.safeParse(answer.body).error).toBeUndefined();
  return answer;
}

const found = (text: string): Promise<number> => countFound(deps, text);

/** Everything that is hashed and so must not change. */
const hashes = () => deps.sql`
  SELECT at, request_id, personal, leaf_hash, lane, seal, leaf, change FROM audit_log
   WHERE path NOT IN ('/v1/audit/erasures', 'audit erase') ORDER BY at, request_id`;
const heads = () => deps.sql`SELECT lane, seal, root, hash FROM audit_seals ORDER BY lane, seal`;
const personal = async (): Promise<number> =>
  (await deps.sql`SELECT count(*)::int AS rows FROM audit_personal`)[0]?.rows;

const record = (count: number, at: number, row: Partial<AuditRow>): Promise<void> =>
  sealCalls(
    deps,
    calls(count, at, () => row),
  );

describe("an erasure of personal audit data", () => {
  it("removes an address from every table and day without changing a hash", async () => {
    const now = Date.now();
    await record(3, now - DAY_MS, { address: ADDRESS });
    await record(2, now - 40 * DAY_MS, { address: ADDRESS, user_agent: null });
    await record(4, now, { address: "192.0.2.9" });
    // Some rows are in partitions, some in DEFAULT.
    await runAt(deps, now);
    await record(1, now - 90 * DAY_MS, { address: ADDRESS });
    const before = [await hashes(), await heads()];
    expect(await found(ADDRESS)).toBe(6);
    expect((await erase({ address: ADDRESS })).body).toEqual({ erased: 6, complete: true, next_start: null });
    expect([await hashes(), await heads()]).toEqual(before);
    expect(await found(ADDRESS)).toBe(0);
    const byIndex = await transaction(deps.sql, async (tx) => {
      await tx`SET LOCAL enable_seqscan = off`;
      return tx`SELECT FROM audit_personal WHERE address = ${ADDRESS}`;
    });
    expect(byIndex.length).toBe(0);
    expect(await personal()).toBe(4);
    // The audit entry of the erasure call itself doesn't bring the address back.
    await drainAll(deps);
    expect(await found(ADDRESS)).toBe(0);
    const [call] = await deps.sql`SELECT * FROM audit_log WHERE path = '/v1/audit/erasures'`;
    expect(call).toMatchObject({
      client_id: "admin",
      status: 200,
      change: { before: null, after: { criteria: { address: "given" }, erased: 6, complete: true } },
    });
    expect(await erase({ address: ADDRESS })).toMatchObject({ body: { erased: 0, complete: true } });
  });

  it("erases exactly the calls that meet all criteria", async () => {
    const now = Date.parse("2026-05-05T12:00:00Z");
    const rows = [
      aCall(now, { user_agent: AGENT, client_id: "shop" }),
      aCall(now + 1_000, { user_agent: AGENT, client_id: "other" }),
      aCall(now + 2_000, { user_agent: AGENT, client_id: null }),
      aCall(now + 3_000, { user_agent: `${AGENT}!`, client_id: "shop" }),
      aCall(now + 4_000, { address: ADDRESS, user_agent: AGENT, client_id: "shop" }),
    ];
    const request_id = rows[4]?.id;
    await sealCalls(deps, rows);
    const erased = async (body: object): Promise<unknown> => (await erase(body)).body.erased;
    const time = (ms: number): string => new Date(now + ms).toISOString();
    expect(await erased({ user_agent: AGENT, start: time(5_000) })).toBe(0);
    expect(await erased({ user_agent: AGENT, end: time(0) })).toBe(0);
    expect(await erased({ request_id, client: "other" })).toBe(0);
    expect(await erased({ request_id, client: "shop", address: ADDRESS })).toBe(1);
    expect(await erased({ user_agent: AGENT, client: "shop", start: time(0), end: time(1_000) })).toBe(1);
    expect(await erased({ user_agent: AGENT, start: time(1_000), end: time(2_000) })).toBe(1);
    expect(await erased({ user_agent: AGENT })).toBe(1);
    expect(await personal()).toBe(1);
    await runAt(deps, Date.now());
    expect(await erased({ client: "shop" })).toBe(1);
    await drainAll(deps);
    expect(await found(AGENT)).toBe(0);
  });

  it("reports that it is incomplete while a matching call may be in the queue", async () => {
    const { secret } = await addClient(deps, "shop");
    await send(deps, secret, anEvent(), { "user-agent": AGENT });
    const { body: early } = await erase({ user_agent: AGENT });
    expect(early).toEqual({ erased: 0, complete: false, next_start: null });
    await drainAll(deps);
    expect((await erase({ user_agent: AGENT })).body).toMatchObject({ erased: 1, complete: true });
    await drainAll(deps);
    expect(await found(AGENT)).toBe(0);
    // Only calls received before `end` are waited for.
    await send(deps, secret, anEvent());
    const { body } = await erase({ user_agent: AGENT, end: new Date(Date.now() - 60_000).toISOString() });
    expect(body.complete).toBe(true);
  });

  it("continues where an earlier call ran out of time", async () => {
    const now = Date.parse("2026-05-05T00:00:00Z");
    for (const day of [0, 1, 2]) await record(2, now + day * DAY_MS, { address: ADDRESS });
    await runAt(deps, now + 3 * DAY_MS);
    const holder = await deps.sql.reserve();
    await holder`BEGIN`;
    await holder`SELECT FROM audit_personal_20260506 FOR UPDATE`;
    const first = await eraseAudit(deps, { address: ADDRESS });
    expect(first).toEqual({ erased: 2, complete: false, next_start: "2026-05-06T00:00:00.000Z" });
    await holder`ROLLBACK`;
    holder.release();
    const start = instantOf(Date.parse(first.next_start ?? ""));
    expect(await eraseAudit(deps, { address: ADDRESS, start })).toMatchObject({ erased: 4, complete: true });
    const late = await eraseAudit(deps, { address: ADDRESS }, 0);
    expect(late).toMatchObject({ erased: 0, complete: false, next_start: expect.any(String) });
  });

  it("erases many rows in steps", async () => {
    await record(20_500, Date.now() - 60_000, { address: ADDRESS });
    expect(await eraseAudit(deps, { address: ADDRESS })).toMatchObject({ erased: 20_500, complete: true });
  });
});

describe("a request for an erasure", () => {
  it.each([
    [{}, ""],
    [{ start: "2026-01-01T00:00:00Z" }, ""],
    [{ address: "" }, "/address"],
    [{ request_id: "x" }, "/request_id"],
    [{ address: ADDRESS, end: "tomorrow" }, "/end"],
    [{ addresses: [ADDRESS] }, "/addresses"],
  ])("is refused as %j", async (body, pointer) => {
    expectProblem(await erase(body), 422, "invalid-body", pointer);
  });

  it("needs the scope admin", async () => {
    const { secret } = await addClient(deps, "auditor", { scopes: ["audit"] });
    expect(await erase({ address: ADDRESS }, secret)).toMatchObject({ status: 403 });
  });
});
