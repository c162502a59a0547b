/** OTLP logs on their way through the queue into the store, with the same guarantees as other events. */
import { gzipSync } from "node:zlib";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { getEvent, listEvents } from "../../../lib/events/contract.ts";
import { JSON_TYPE, PROTOBUF_TYPE } from "../../../lib/ingest/otlp/types.ts";
import { freshDeps } from "../../support/faults.ts";
import { asker } from "../../support/http/reading.ts";
import {
  ENCODINGS,
  type Encoding,
  encode,
  type LogsAnswer,
  postLogs,
  recorded,
  SERIALIZERS,
} from "../../support/otlp.ts";
import { addClient, counts, drainAll, expectTidy, forgetSeen, stored } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

const jsonRequest = (...logRecords: object[]): Buffer =>
  Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }));

/** A response of the export as the official SDK reads it. */
const resultOf = ({ body }: LogsAnswer, encoding: Encoding) =>
  SERIALIZERS[encoding].deserializeResponse(body).partialSuccess;

/** The code and the message of a `google.rpc.Status`. */
function statusOf({ body }: LogsAnswer, encoding: Encoding): unknown[] {
  if (encoding === JSON_TYPE) {
    const { code, message } = JSON.parse(body.toString());
    return [code, message];
  }
  const reader = new BinaryReader(body);
  reader.tag();
  const code = reader.int32();
  reader.tag();
  return [code, reader.string()];
}

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  let deps: Deps;
  beforeAll(async () => {
    deps = freshDeps(await queueConfig(queue));
  });
  const post = (
    secret: string | undefined,
    body: Buffer,
    type: string,
    headers: Record<string, string> = {},
  ) => postLogs(deps, secret, body, { "content-type": type, ...headers });

  it.each(ENCODINGS)(
    "a request of the SDK that is sent ten times is stored once, whatever Redis has forgotten: %s",
    async (encoding) => {
      const { clientId, secret } = await addClient(deps, encoding.replaceAll(/\W/g, "-"));
      const records = recorded((logger) => {
        logger.emit({ body: "started", severityNumber: 9 });
        for (let n = 0; n < 40; n++)
          logger.emit({ eventName: "order.placed", body: { n, text: "x".repeat(1_000) } });
      });
      // Two records that are equal, as from a clock that ticks in milliseconds.
      const body = encode([...records, ...records.slice(0, 1)], encoding);
      for (let n = 0; n < 10; n++) {
        const zipped = n % 2 === 1;
        const answer = await post(
          secret,
          zipped ? gzipSync(body) : body,
          encoding,
          zipped ? { "content-encoding": "gzip" } : {},
        );
        expect(answer).toMatchObject({ status: 200, headers: { "content-type": encoding } });
        expect(answer.body.toString()).toBe(encoding === JSON_TYPE ? "{}" : "");
        if (n === 3) await drainAll(deps);
        if (n === 6) await forgetSeen(deps, clientId);
      }
      await drainAll(deps);
      expect(await counts(deps, clientId)).toMatchObject({ events: 42, ledger: 42, quarantine: 0 });
      await expectTidy(deps, clientId);
    },
  );

  it("records without a time are stored once with the time of their first arrival", async () => {
    const { clientId, secret } = await addClient(deps, "untimed");
    const uid = { key: "log.record.uid", value: { stringValue: "u1" } };
    const record = (text: string): object => ({ body: { stringValue: text } });
    const once = () =>
      post(secret, jsonRequest(record("a"), { ...record("b"), attributes: [uid] }), JSON_TYPE);
    const before = Date.now();
    await once();
    const after = Date.now();
    await drainAll(deps);
    await forgetSeen(deps, clientId);
    // Other content with the same id first, so that Redis has another digest and asks PostgreSQL.
    const other = await post(secret, jsonRequest({ ...record("c"), attributes: [uid] }), JSON_TYPE);
    expect(other.status).toBe(200);
    expect(await once()).toMatchObject({ status: 200, body: Buffer.from("{}") });
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(
      stored(2, { accepted: expect.any(Number), duplicates: expect.any(Number) }),
    );
    const rows = await deps.sql`SELECT event_time, payload::text FROM events WHERE client_id = ${clientId}`;
    expect(rows.map(({ payload }) => JSON.parse(payload).body).toSorted()).toEqual(["a", "b"]);
    for (const { event_time } of rows) {
      expect(event_time.getTime()).toBeGreaterThanOrEqual(before);
      expect(event_time.getTime()).toBeLessThanOrEqual(after);
    }
  });

  it.each(ENCODINGS)("a bad record among good ones gives a partial success: %s", async (encoding) => {
    const { clientId, secret } = await addClient(deps, `partial-${encoding === JSON_TYPE}`);
    const records = recorded((logger) => {
      logger.emit({ body: "good" });
      logger.emit({ body: "has a NUL: \0" });
      logger.emit({ body: "old", timestamp: new Date(1_000) });
      logger.emit({ body: "good too", attributes: { "log.record.uid": "u1" } });
      logger.emit({ body: "conflict", attributes: { "log.record.uid": "u1" } });
    });
    const answer = await post(secret, encode(records, encoding), encoding);
    expect(answer.status).toBe(200);
    const { rejectedLogRecords, errorMessage } = resultOf(answer, encoding) ?? {};
    expect(Number(rejectedLogRecords)).toBe(3);
    for (const part of [
      "logRecords/1/body",
      "NUL",
      "logRecords/2/timeUnixNano",
      "retention period",
      "u1: another",
    ])
      expect(errorMessage).toContain(part);
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(stored(2));
    // A record that conflicts with one that is stored, and no other record.
    expect(await post(secret, encode(records.slice(4), encoding), encoding)).toMatchObject({ status: 400 });
  });

  it("an event is found by its resource, attributes and trace, with the digits of its numbers", async () => {
    const { secret } = await addClient(deps, "reader");
    const ask = asker(deps, secret);
    const record = {
      timeUnixNano: `${Date.now()}123456`,
      attributes: [
        { key: "log.record.uid", value: { stringValue: "r/1" } },
        { key: "amount", value: { intValue: "9223372036854775807" } },
      ],
      traceId: "0AF7651916CD43DD8448EB211C80319C",
    };
    const resource = { attributes: [{ key: "host", value: { stringValue: "a" } }] };
    const request = { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] };
    await post(secret, Buffer.from(JSON.stringify(request)), JSON_TYPE);
    await drainAll(deps);
    const found = await ask(getEvent, { params: { event_id: "r/1" } });
    expect(found.text).toContain('"amount":9223372036854775807');
    expect(found.body.event_type).toBe("log");
    for (const where of [
      "payload.resource.attributes.host=a",
      "payload.attributes.amount=9223372036854775807",
      "payload.trace_id=0af7651916cd43dd8448eb211c80319c",
    ])
      expect((await ask(listEvents, { query: { where } })).body.events).toHaveLength(1);
  });

  it.each(ENCODINGS)(
    "errors are a google.rpc.Status in the encoding of the request: %s",
    async (encoding) => {
      const { secret } = await addClient(deps, `errors-${encoding === JSON_TYPE}`, { rate: 1, burst: 2 });
      const [three, one] = [3, 1].map((count) =>
        encode(
          recorded((logger) => {
            for (let n = 0; n < count; n++) logger.emit({ body: n });
          }),
          encoding,
        ),
      );
      const answers: [LogsAnswer, number, number][] = [
        [await post(secret, Buffer.from("{"), encoding), 400, 3],
        [await post(undefined, one ?? Buffer.alloc(0), encoding), 401, 16],
        [await post("weir_none_none", one ?? Buffer.alloc(0), encoding), 401, 16],
        [await post(secret, three ?? Buffer.alloc(0), encoding), 413, 3],
      ];
      await post(secret, one ?? Buffer.alloc(0), encoding);
      const limited = await post(secret, one ?? Buffer.alloc(0), encoding);
      answers.push([limited, 429, 8]);
      for (const [answer, status, code] of answers) {
        expect([answer.status, answer.headers["content-type"]]).toEqual([status, encoding]);
        expect(statusOf(answer, encoding)).toEqual([code, expect.stringMatching(/^The |^Send |^All /)]);
      }
      expect(Number(limited.headers["retry-after"])).toBeGreaterThanOrEqual(1);
    },
  );

  it("the key may be a bearer token, and the audit has the status of the response", async () => {
    const { clientId, secret } = await addClient(deps, "bearer");
    const headers = { authorization: `bearer ${secret}` };
    const body = encode(
      recorded((logger) => logger.emit({ body: "a" })),
      PROTOBUF_TYPE,
    );
    expect(await post(undefined, body, PROTOBUF_TYPE, headers)).toMatchObject({ status: 200 });
    expect(await post(undefined, Buffer.from("\n"), PROTOBUF_TYPE, headers)).toMatchObject({ status: 400 });
    await drainAll(deps);
    const rows = await deps.sql`
      SELECT route, status FROM audit_log WHERE client_id = ${clientId} ORDER BY request_id`;
    expect(rows.map(({ route, status }) => [route, status])).toEqual([
      ["/v1/logs", 200],
      ["/v1/logs", 400],
    ]);
  });
});
