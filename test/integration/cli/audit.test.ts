import { randomUUID } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { secretPrefix } from "../../../lib/base/ids.ts";
import { version } from "../../../lib/base/version.ts";
import { loadConfig } from "../../../lib/config/config.ts";
import { keyId, readPublicKey } from "../../../lib/trail/checkpoint.ts";
import { aCall, sealCalls } from "../../support/audit/trail.ts";
import { anAuditRow, drainAll } from "../../support/pipeline.ts";
import { weirCli } from "../../support/weir.ts";

const { deps, servers, folder, weir, json } = await weirCli();

describe("weir audit", () => {
  it("records what other commands did, by whom, with before and after, and no secret", async () => {
    const client = await json<object>("client", "create", "--name", "Recorded", "--id", "recorded");
    await json("client", "update", "recorded", "--burst", "9");
    const { secret, ...key } = await json<{ key_id: string; secret: string }>(
      ...["key", "create", "--client", "recorded", "--scope", "read"],
    );
    const imported = "taken-over-0123456789";
    await json("key", "import", "--client", "recorded", "--scope", "read", "--secret", imported);
    await json("key", "revoke", key.key_id, "--client", "recorded");
    expect((await weir(["client", "create", "--name", "Again", "--id", "recorded"])).code).toBe(1);
    await json("client", "list");
    await drainAll(deps);
    const rows = await deps.sql`
      SELECT route, path, status, user_agent, change, client_id, audit_log::text AS text
        FROM audit_log JOIN audit_personal USING (at, lane, seal, leaf)
       WHERE method = 'CLI' AND (change::text LIKE '%recorded%' OR at >= (
               SELECT max(at) FROM audit_log WHERE route = 'key revoke')) ORDER BY at`;
    const made = expect.objectContaining({ client_id: "recorded", scopes: ["read"] });
    const held = { ...key, client_id: "recorded", prefix: secretPrefix(secret) };
    expect(rows.map(({ route, status, change }) => [route, status, change])).toEqual([
      ["client create", 200, { before: null, after: client }],
      ["client update", 200, { before: client, after: { ...client, burst: 9 } }],
      ["key create", 200, { before: null, after: made }],
      ["key import", 200, { before: null, after: made }],
      [
        "key revoke",
        200,
        { before: { ...held, revoked_at: null }, after: { ...held, revoked_at: expect.any(String) } },
      ],
      ["client create", 409, null],
      ["client list", 200, null],
    ]);
    for (const { route, path, text, user_agent, client_id } of rows) {
      expect([path, client_id]).toEqual([route, null]);
      expect(user_agent).toBe(`weir-cli/${version} ${userInfo().username}`);
      for (const word of [secret, imported.slice(4)]) expect(text).not.toContain(word);
    }
  });

  it("recovers audit rows once, from a file and from standard input", async () => {
    await drainAll(deps);
    const lines = [1, 2, 3].map((bytes_in) => {
      const audit = { v: 1, id: randomUUID(), at: Date.now(), audit: { ...anAuditRow("lost"), bytes_in } };
      return JSON.stringify({ message: "audit-not-queued", audit });
    });
    const log = join(folder, "function.log");
    await writeFile(log, ["START", ...lines.slice(0, 2), "audit-not-queued {", "END", ""].join("\n"));
    const file = await weir(["audit", "recover", log, "--json"]);
    expect(file.code).toBe(1);
    expect(file.err).toMatch(/^\S+function\.log:4: can't read the audit row: it is truncated or not JSON$/);
    expect(JSON.parse(file.out)).toMatchObject({ found: 2, queued: 2, bad: [{ line: 4 }] });
    const input = JSON.stringify({ events: lines.map((message) => ({ message })) }, null, 4);
    const recovered = await weir(["audit", "recover", "-"], { input });
    expect(recovered).toEqual({ code: 0, out: "3 rows found, 3 queued.", err: "" });
    await drainAll(deps);
    const lost = await deps.sql`SELECT bytes_in FROM audit_log WHERE client_id = 'lost' ORDER BY bytes_in`;
    expect(lost.map(({ bytes_in }) => bytes_in)).toEqual([1, 2, 3]);
    const [gaps] =
      await deps.sql`SELECT count(*)::int AS rows, bool_and(recovered) AS recovered FROM audit_unqueued`;
    expect(gaps).toEqual({ rows: 3, recovered: true });
    const done =
      await deps.sql`SELECT change->'after' AS after FROM audit_log WHERE route = 'audit recover' ORDER BY at`;
    expect(done).toMatchObject([
      { after: { found: 2, queued: 2, bad: 1 } },
      { after: { found: 3, queued: 3, bad: 0 } },
    ]);
  });

  it("prints its own row if the queue is unreachable, so that it can be recovered", async () => {
    const env = { ...servers, REDIS_URL: "redis://127.0.0.1:1" };
    const words = ["client", "create", "--name", "Dark", "--id", "dark", "--json"];
    const { code, out, err } = await weir(words, { env });
    expect({ code, out: JSON.parse(out) }).toMatchObject({ code: 0, out: { client_id: "dark" } });
    expect((await weir(["audit", "recover", "-"], { input: err })).out).toBe("1 rows found, 1 queued.");
    await drainAll(deps);
    const rows = await deps.sql`SELECT change FROM audit_log WHERE change->'after'->>'client_id' = 'dark'`;
    expect(rows).toMatchObject([{ change: { before: null, after: { name: "Dark" } } }]);
    const lost = await weir(["audit", "recover", "-"], { input: err, env });
    expect(lost.code).toBe(4);
    expect(lost.err).toContain("1 rows found, 0 queued. Run the command again: repeating it is safe.");
    expect(lost.err).toContain("The queue is unavailable.");
  });

  it("generates a key pair that signs, without any server, and keeps none of it", async () => {
    const made = async () => {
      const { code, out } = await weir(["audit", "keygen", "--json"], { env: {} });
      expect(code).toBe(0);
      return JSON.parse(out) as Record<"key_id" | "signing_key" | "public_key" | "public_key_pem", string>;
    };
    const before = await readdir(folder);
    const [pair, other] = [await made(), await made()];
    const { auditSigning, auditPublicKeys } = loadConfig({
      ...servers,
      AUDIT_SIGNING_KEY: pair.signing_key,
      AUDIT_PUBLIC_KEYS: `${other.public_key},${pair.public_key}`,
    });
    expect(auditSigning).toHaveProperty("key");
    expect(auditPublicKeys.map(keyId).sort()).toEqual([pair.key_id, other.key_id].sort());
    expect(keyId(readPublicKey(pair.public_key_pem))).toBe(pair.key_id);
    const { out } = await weir(["audit", "keygen"], { env: {} });
    expect(out).toMatch(/^Key [0-9a-f]{16}$/m);
    expect(out).toContain("-----BEGIN PUBLIC KEY-----");
    expect(await readdir(folder)).toEqual(before);
  });

  it("erases personal data, and records that without the value", async () => {
    await drainAll(deps);
    const address = "203.0.113.78";
    const at = Date.now() - 60_000;
    await sealCalls(deps, [aCall(at, { address }), aCall(at, { address }), aCall(at)]);
    expect(await json("audit", "erase", "--address", address)).toEqual({ erased: 2, complete: true });
    await drainAll(deps);
    const [row] = await deps.sql`
      SELECT a.*, p.user_agent FROM audit_log a JOIN audit_personal p USING (lane, seal, leaf) WHERE route = 'audit erase'`;
    expect(row).toMatchObject({
      method: "CLI",
      status: 200,
      change: { before: null, after: { criteria: { address: "given" }, erased: 2, complete: true } },
      user_agent: expect.stringMatching(/^weir-cli\/\S+ \S+$/),
    });
    const refused = await weir(["audit", "erase", "--start", "2026-01-01T00:00:00Z"]);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain("requires one of address, user_agent, client and request_id");
  });
});
