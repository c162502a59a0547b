/** A delivery as a Weir event. */
import { hash } from "node:crypto";
import type { WebhookKind } from "../../base/webhook-kind.ts";
import type { Config } from "../../config/config.ts";
import { MAX_BODY_BYTES } from "../../http/body.ts";
import { encodedBytes } from "../../queue/sqs/text.ts";
import type { Batch } from "../batch.ts";
import { type IncomingEvent, MAX_DEPTH, type SentEvent, toIncoming, windowAt } from "../event.ts";
import { setAside } from "../set-aside.ts";
import { isStorable, jsonOf, textOf } from "./body.ts";
import { github } from "./github.ts";
import type { Described, Headers, Scheme, Signed } from "./scheme.ts";
import { standard } from "./standard.ts";
import { stripe } from "./stripe.ts";

export const SCHEMES: Readonly<Record<WebhookKind, Scheme>> = { github, standard, stripe };

/** Longest `event_id`, in UTF-16 code units. */
const LONGEST_ID = 200;
/** Bytes of a queue's message that are left for its header. */
const HEADER_ROOM = 2_048;
/**
 * In place of a digest of the content, the same for all deliveries: one that is sent again has another signature, and may have
 * another body, such as the number of attempts that Stripe counts. It is the same delivery, so it must not be a conflict.
 */
const SAME = "w";

type Settings = Pick<Config, "retentionDays" | "placeSeed" | "sqs">;

/**
 * Reads a delivery whose signature has been checked. What can't be accepted goes into quarantine: its sender could do nothing
 * about it.
 * @param source its name
 * @throws {Problem} `malformed-request` if it has no id
 */
export function readDelivery(
  source: { name: string; kind: WebhookKind },
  signed: Signed,
  { retentionDays, placeSeed, sqs }: Settings,
): Batch {
  const scheme = SCHEMES[source.kind];
  const { headers, body, receivedMs } = signed;
  const text = textOf(body);
  const data = text === undefined ? undefined : jsonOf(text, headers["content-type"]);
  const described = scheme.describe(headers, data);
  const proof = {
    source: source.name,
    kind: source.kind,
    headers: kept(headers, scheme.headers),
    // PostgreSQL stores no NUL character.
    ...(text === undefined || text.includes("\0")
      ? { body_base64: body.toString("base64") }
      : { body: text }),
  };
  const reading = { window: windowAt(receivedMs, retentionDays), unsure: true, seed: placeSeed };
  const read = (payload: Record<string, unknown>): IncomingEvent => {
    const sent = eventOf(described, payload, receivedMs);
    const incoming = toIncoming(sent, 0, reading);
    const event = "line" in incoming ? incoming : setAside(sent, 0, incoming, placeSeed);
    return { ...event, digest: SAME };
  };
  const most = (sqs?.messageBytes ?? MAX_BODY_BYTES) - HEADER_ROOM;
  if (data !== undefined && isStorable(data, MAX_DEPTH - 1)) {
    const event = read({ ...proof, data });
    if (encodedBytes(event.line) <= most) return { valid: [event], faults: [] };
  }
  return { valid: [read(proof)], faults: [] };
}

function eventOf(
  { id, idFrom, type, time }: Described,
  payload: Record<string, unknown>,
  receivedMs: number,
): SentEvent {
  const event = {
    event_id: id.length <= LONGEST_ID ? id : `webhook:${hash("sha256", id, "base64url")}`,
    event_type: type,
    timestamp: time ?? new Date(receivedMs).toISOString(),
    payload,
  };
  const pointers = { event_id: idFrom, event_type: "/data", timestamp: "/timestamp", payload: "" };
  return { event, pointers, ...(time === undefined && { untimed: true }) };
}

const kept = (headers: Headers, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
