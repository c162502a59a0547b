/** The log records of an OTLP request, in protobuf or JSON. */

import { mayHoldUnstorable } from "../../base/json.ts";
import type { Config } from "../../config/config.ts";
import { bodyBuffer, bodyText, mediaType, parseJson } from "../../http/body.ts";
import type { ApiRequest } from "../../http/gateway.ts";
import { type Fault, Problem } from "../../http/problem.ts";
import { type Batch, type Items, toBatch } from "../batch.ts";
import { itemFault, toIncoming } from "../event.ts";
import { decodeLogs, Undecodable } from "./protobuf.ts";
import { type Occurrence, type Origin, originOf, readRecord } from "./record.ts";
import { JSON_TYPE, PROTOBUF_TYPE } from "./types.ts";
import { listAt, type Members, objectAt, RecordFault } from "./values.ts";

/** One record of the request, with what surrounds it. */
interface Sent {
  record: unknown;
  /** JSON Pointer to the record in the request. */
  pointer: string;
  /** A fault of the resource or the scope is one of each of its records. */
  origin: Origin | Fault;
}

/**
 * @throws {Problem} if the body itself is invalid, or if no record is valid: OTLP calls both bad data and wants status 400
 */
export function readLogs(request: ApiRequest, { retentionDays, placeSeed }: Config): Batch {
  const batch = toBatch(readItems(request), retentionDays, placeSeed);
  if (batch.faults.length > 0 && batch.valid.length === 0)
    throw new Problem("malformed-request", `All ${batch.faults.length} log records are invalid.`, {
      errors: batch.faults,
    });
  return batch;
}

function readItems(request: ApiRequest): Items {
  const isProtobuf = mediaType(request, [PROTOBUF_TYPE, JSON_TYPE]) === PROTOBUF_TYPE;
  const text = isProtobuf ? undefined : bodyText(request);
  const root = text === undefined ? decode(bodyBuffer(request)) : parseJson(text, true);
  const arrivedAt = new Date(request.receivedAt).toISOString();
  const occurrence = counter();
  return {
    values: recordsOf(root),
    read: (value, index, reading) => {
      const { record, pointer, origin } = value as Sent;
      if ("detail" in origin) return { ...origin, index };
      const event = attempt(pointer, index, () =>
        readRecord(decoded(record), { origin, pointer, arrivedAt, occurrence }),
      );
      return "event" in event ? toIncoming(event, index, reading) : event;
    },
    unsure: text === undefined || mayHoldUnstorable(text),
  };
}

function decode(bytes: Buffer): unknown {
  try {
    return decodeLogs(bytes);
  } catch (cause) {
    throw new Problem("malformed-request", "The body is not a valid ExportLogsServiceRequest in protobuf.", {
      cause,
    });
  }
}

/** @throws {Problem} `malformed-request` if what surrounds the records is not as OTLP defines it */
function recordsOf(root: unknown): Sent[] {
  try {
    return objectsIn(objectAt(root, ""), "resourceLogs", "").flatMap(([resourceLogs, outer]) =>
      objectsIn(resourceLogs, "scopeLogs", outer).flatMap(([scopeLogs, inner]) => {
        const origin = attempt(inner, 0, () =>
          originOf(
            { ...resourceLogs, resource: decoded(resourceLogs.resource) },
            { ...scopeLogs, scope: decoded(scopeLogs.scope) },
          ),
        );
        const records = listAt(scopeLogs.logRecords, `${inner}/logRecords`);
        return records.map((record, index) => ({ record, pointer: `${inner}/logRecords/${index}`, origin }));
      }),
    );
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    const detail = `${error.pointer.slice(1) || "The body"} ${error.message}.`;
    throw new Problem("malformed-request", detail);
  }
}

/** The members of a list that must be objects, each with its pointer. */
const objectsIn = (parent: Members | undefined, name: string, pointer: string): [Members, string][] =>
  listAt(parent?.[name], `${pointer}/${name}`).map((item, index) => {
    const at = `${pointer}/${name}/${index}`;
    return [objectAt(item, at) ?? {}, at];
  });

/** @throws {RecordFault} */
function decoded(value: unknown): Members {
  if (value instanceof Undecodable) throw new RecordFault("", value.detail);
  return objectAt(value, "") ?? {};
}

/** Returns a record's fault instead of throwing it. */
function attempt<T>(pointer: string, index: number, read: () => T): T | Fault {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    const at = `${pointer}${error.pointer}`;
    return itemFault(index, null, at, `${at.slice(1)} ${error.message}`);
  }
}

function counter(): Occurrence {
  const counts = new Map<string, number>();
  return (content) => {
    const n = (counts.get(content) ?? 0) + 1;
    counts.set(content, n);
    return n;
  };
}
