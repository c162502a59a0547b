/** Calls to the erasure operations, through the admin function. */
import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import type { HttpHandler } from "../../lib/app/handler.ts";
import * as contract from "../../lib/erasure/contract.ts";
import { advanceAll } from "../../lib/erasure/run.ts";
import { newSteps } from "../../lib/postgres/lock-retry.ts";
import { gatewayEvent } from "./http/gateway.ts";
import { type Answer, addClient, context, toAnswer } from "./pipeline.ts";

/** A personal value that occurs nowhere else. */
export const SUBJECT = "ada@example.org";
export const request = { client: "shop", property: "payload.user.email", value: SUBJECT };

interface Asked {
  body?: unknown;
  query?: Record<string, string>;
}

export type ErasureCalls = ReturnType<typeof erasureCalls>;

/** Calls with a key. Every 202 is checked against the contract. */
export function erasureCalls(handler: HttpHandler, key: string) {
  const ask = async (call: string, path: string, { body, query = {} }: Asked = {}): Promise<Answer> => {
    const [method = "", route = ""] = call.split(" ");
    const event = gatewayEvent({
      method,
      route,
      path,
      query,
      params: { erasure_id: path.split("/").at(-1) ?? "" },
      headers: { "x-api-key": key, "content-type": "application/json" },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    return toAnswer(await handler(event, context));
  };
  return {
    ask,
    /** @param body text is sent unchanged, other values as JSON */
    erase: async (body: unknown = request): Promise<Answer> => {
      const answer = await ask("POST /v1/erasures", "/v1/erasures", { body });
      if (answer.status === 202) expect(contract.erasureSchema.safeParse(answer.body).error).toBeUndefined();
      return answer;
    },
    look: (id: unknown) => ask("GET /v1/erasures/{erasure_id}", `/v1/erasures/${id}`),
  };
}

/** Adds an administrator and the client `shop`. @returns the administrator's calls, and the client's secret */
export async function erasureSystem(
  deps: Deps,
  handler: HttpHandler,
): Promise<ErasureCalls & { secret: string }> {
  const admin = await addClient(deps, "admin", { scopes: ["admin"] });
  const { secret } = await addClient(deps, "shop");
  return { ...erasureCalls(handler, admin.secret), secret };
}

/** Counts the rows of all tables that contain a text, as text or as bytes. */
export async function countFound({ sql }: Pick<Deps, "sql">, text: string): Promise<number> {
  const tables = await sql<{ name: string }[]>`
    SELECT oid::regclass::text AS name FROM pg_class
     WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`;
  const hex = `%${Buffer.from(text).toString("hex")}%`;
  let rows = 0;
  for (const { name } of tables) {
    const [row] = await sql`
      SELECT count(*)::int AS n FROM ${sql(name)} AS t WHERE t::text LIKE ${`%${text}%`} OR t::text LIKE ${hex}`;
    rows += row?.n ?? 0;
  }
  return rows;
}

/** Makes PostgreSQL refuse events whose ids begin with `poison`, and quote their payload in its error. */
export async function refuseEvents({ sql }: Pick<Deps, "sql">): Promise<void> {
  await sql.unsafe(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this: %', NEW.payload; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW WHEN (starts_with(NEW.event_id, 'poison'))
      EXECUTE FUNCTION refuse()`);
}

/** Erases the events of a subject that are stored, without the API. @param user the property's value, a text */
export async function eraseUser(
  { sql }: Pick<Deps, "sql">,
  clientId: string,
  property: string,
  user: string,
): Promise<void> {
  const id = randomUUID();
  await sql`
    INSERT INTO erasures (erasure_id, client_id, property, value, value_sha256, requested_at)
    VALUES (${id}, ${clientId}, ${property}, ${JSON.stringify(user)}::text::json, sha256(${user}::text::bytea),
            clock_timestamp() + interval '1 hour')`;
  await advanceAll(newSteps(sql, { pace: { pauseMs: 5, attempts: 100 } }), [id]);
}
