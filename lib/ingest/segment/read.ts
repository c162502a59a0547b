/** The calls of a Segment request: a single one, or a batch. */
import type { Config } from "../../config/config.ts";
import type { ApiRequest } from "../../http/gateway.ts";
import { Problem } from "../../http/problem.ts";
import { type Batch, toBatch } from "../batch.ts";
import { itemFault, type Reading, toIncoming } from "../event.ts";
import { setAside } from "../set-aside.ts";
import { readBody } from "./body.ts";
import { type CallType, readCall, type Sending } from "./call.ts";

/**
 * Reads a request. Senders read no errors of single calls, so these are set aside instead of refused.
 * @param type of the call, as the path names it; undefined for a batch
 * @throws {Problem} if the body itself is invalid
 */
export function readCalls(request: ApiRequest, config: Config, type: CallType | undefined): Batch {
  const { members, unsure } = readBody(request);
  const { batch, sentAt, context, integrations } = members;
  if (type === undefined && !Array.isArray(batch))
    throw new Problem("malformed-request", '"batch" must be an array of calls.');
  const single: Sending = { requestId: request.id, receivedMs: request.receivedAt };
  const sending = type === undefined ? { ...single, sentAt, context, integrations } : single;
  const read = (value: unknown, index: number, reading: Reading) => {
    const { sent, fault } = readCall(value, index, type, sending);
    const incoming = fault
      ? itemFault(index, sent.event.event_id, fault.pointer, fault.detail)
      : toIncoming(sent, index, reading);
    return "line" in incoming ? incoming : setAside(sent, index, incoming, reading.seed);
  };
  const values = type === undefined ? (batch as readonly unknown[]) : [members];
  return toBatch({ values, read, unsure }, config.retentionDays, config.placeSeed);
}
