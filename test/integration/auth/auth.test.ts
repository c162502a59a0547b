/** Authorization by PostgreSQL when Redis is unreachable, and by the cache that is filled from it. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { countEvents } from "../../../lib/analytics/contract.ts";
import { createDeps, type Deps } from "../../../lib/app/connect.ts";
import { listAudit } from "../../../lib/audit/contract.ts";
import { authorize, loadKey, presentedKey } from "../../../lib/auth/authenticate.ts";
import { hashSecret } from "../../../lib/base/ids.ts";
import { scopeSchema } from "../../../lib/base/scope.ts";
import { createClient } from "../../../lib/clients/contract.ts";
import { importKey, listKeys, revokeKey } from "../../../lib/clients/keys.ts";
import type { Operation } from "../../../lib/http/operation.ts";
import type { Problem } from "../../../lib/http/problem.ts";
import { sendEvents } from "../../../lib/ingest/contract.ts";
import { atEnd } from "../../support/cleanup.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { addClient, anEvent, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();

describe("authorization by PostgreSQL, when Redis is unreachable,", () => {
  const away = createDeps({ ...deps.config, redisUrl: "redis://127.0.0.1:1" });
  atEnd(async () => {
    await away.sql.end({ timeout: 1 });
    away.redis.disconnect();
  });

  /** @returns the caller, or the code of the refusal */
  const check = (secret: string, { scopes }: Pick<Operation, "scopes">): Promise<unknown> =>
    authorize(away, presentedKey(secret), scopes ?? [], () => {}).then(
      ({ clientId, admin }) => ({ clientId, admin }),
      (problem: Problem) => problem.code,
    );
  const change = (secret: string, column: "expires_at" | "revoked_at", ms: number) =>
    deps.sql`UPDATE api_keys SET ${deps.sql(column)} = ${new Date(ms)} WHERE hash = ${hashSecret(secret)}`;

  it.each(scopeSchema.options)(
    "lets a key with the scope %s call exactly the operations that accept it",
    async (scope) => {
      const { clientId, secret } = await addClient(deps, `only-${scope}`, { scopes: [scope] });
      const admin = scope === "admin";
      for (const operation of [sendEvents, countEvents, listAudit, createClient]) {
        const may = admin || operation.scopes.some((one) => one === scope);
        expect(await check(secret, operation)).toEqual(may ? { clientId, admin } : "insufficient-scope");
      }
    },
  );

  it("accepts a key until it expires", async () => {
    const { clientId, secret } = await addClient(deps, "expiring");
    await change(secret, "expires_at", Date.now() + 3_600_000);
    expect(await check(secret, countEvents)).toEqual({ clientId, admin: false });
    await change(secret, "expires_at", Date.now() - 1);
    expect(await check(secret, countEvents)).toBe("expired-api-key");
  });

  it("refuses a revoked key, an unknown key, and a key of an inactive client", async () => {
    const { clientId, secret } = await addClient(deps, "refused");
    expect(await check(secret, countEvents)).toEqual({ clientId, admin: false });
    await deps.sql`UPDATE clients SET active = false WHERE client_id = ${clientId}`;
    expect(await check(secret, countEvents)).toBe("client-inactive");
    await change(secret, "revoked_at", Date.now());
    expect(await check(secret, countEvents)).toBe("revoked-api-key");
    expect(await check(`${secret.slice(0, -4)}xxxx`, countEvents)).toBe("invalid-api-key");
  });
});

describe("the key cache", () => {
  /** Runs `between` after a statement is answered and before its caller gets the rows. */
  const afterStatement = (sql: Deps["sql"], between: () => Promise<void>): Deps["sql"] =>
    new Proxy(sql, {
      apply: async (target, self, given: Parameters<Deps["sql"]>) => {
        const rows: unknown = await Reflect.apply(target, self, given);
        await between();
        return rows;
      },
    });

  it.each(["our own", "imported"])(
    "keeps a revocation that happens while the key (%s) is loaded",
    async (kind) => {
      const imported = kind === "imported";
      const client = await addClient(deps, `race-${imported}`);
      const secret = imported ? randomBytes(24).toString("hex") : client.secret;
      if (imported) await importKey(deps, client.clientId, secret, { scopes: ["ingest"] });
      const { keys } = await listKeys(deps, client.clientId, { limit: 100 });
      const keyId = keys.find(({ prefix }) => secret.startsWith(prefix))?.key_id ?? "";
      await deps.redis.flushdb();
      const sql = afterStatement(deps.sql, () => revokeKey(deps, client.clientId, keyId));
      await loadKey({ ...deps, sql }, presentedKey(secret));
      expectProblem(await send(deps, secret, anEvent()), 401, "revoked-api-key");
    },
  );

  it("lists a client's keys in pages, each once and oldest first", async () => {
    const { clientId } = await addClient(deps, "many-keys");
    // Of one time, so that only their ids tell where a page ends.
    for (let n = 0; n < 6; n++)
      await importKey(deps, clientId, randomBytes(24).toString("hex"), { scopes: ["read"] });
    await deps.sql`UPDATE api_keys SET created_at = now() WHERE client_id = ${clientId} AND scopes = '{read}'`;
    const { keys: all, next_cursor: end } = await listKeys(deps, clientId, { limit: 7 });
    expect([all.length, end]).toEqual([7, null]);
    const listed: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await listKeys(deps, clientId, { limit: 2, cursor });
      expect(page.keys.length).toBeLessThanOrEqual(2);
      listed.push(...page.keys.map(({ key_id }) => key_id));
      cursor = page.next_cursor;
    }
    expect(listed).toEqual(all.map(({ key_id }) => key_id));
    expect(all.map(({ created_at }) => created_at)).toEqual(all.map(({ created_at }) => created_at).sort());
  });

  it("forgets that a key is unknown when it is imported", async () => {
    const { clientId } = await addClient(deps, "made-later");
    const secret = randomBytes(24).toString("hex");
    expect((await send(deps, secret, anEvent())).status).toBe(401);
    await importKey(deps, clientId, secret, { scopes: ["ingest"] });
    expect((await send(deps, secret, anEvent())).status).toBe(202);
  });
});
