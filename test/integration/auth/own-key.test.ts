/** `GET /v1/key`: a key learns about itself, also while Redis is away. */
import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { getOwnKey } from "../../../lib/auth/contract.ts";
import { importKey } from "../../../lib/clients/keys.ts";
import { freshDeps } from "../../support/faults.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { asker } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
/** As a new instance calls while Redis is unreachable. */
const away = freshDeps({ ...deps.config, redisUrl: "redis://127.0.0.1:1" });

it.each([[["ingest"]], [["read", "audit"]], [["admin"]]] as const)(
  "a key with %j gets itself",
  async (scopes) => {
    const { clientId, secret } = await addClient(deps, `own-${scopes.join("-")}`, { scopes: [...scopes] });
    for (const servers of [deps, away]) {
      const { status, body } = await asker(servers, secret)(getOwnKey);
      expect(status).toBe(200);
      expect(body).toEqual({
        client_id: clientId,
        key_id: expect.stringMatching(/^k/),
        prefix: secret.slice(0, `weir_${clientId}_`.length + 4),
        scopes,
      });
    }
  },
);

it("an imported key learns its client, which its text does not name", async () => {
  const { clientId } = await addClient(deps, "own-imported");
  const secret = randomBytes(24).toString("hex");
  await importKey(deps, clientId, secret, { scopes: ["read"] });
  const { body } = await asker(deps, secret)(getOwnKey);
  expect(body).toMatchObject({ client_id: clientId, prefix: secret.slice(0, 4), scopes: ["read"] });
});

it("an unknown key is refused", async () => {
  expectProblem(await asker(deps, `weir_demo_${"x".repeat(43)}`)(getOwnKey), 401, "invalid-api-key");
});
