/** Generates events and requests from a seed, so that the system's output can be compared with its input. */
import { DAY_MS } from "../lib/base/time.ts";
import { type Random, random } from "./random.ts";
import { REFUSED_TYPE } from "./system.ts";

export interface KnownEvent {
  id: string;
  type: string;
  /** RFC 3339, in some offset. */
  timestamp: string;
  /** The same instant as `YYYY-MM-DDTHH:MM:SS.ffffff` in UTC. */
  instant: string;
  /** JSON text. */
  payload: string;
}

export interface KnownRequest {
  events: readonly KnownEvent[];
  format: "json" | "ndjson" | "gzip";
  /** Sent by two concurrent calls, as by an impatient caller. */
  twice: boolean;
}

const TYPES = ["order.placed", "order.paid", "page.viewed", "login", "sensor.read", "größe.geändert"];
const OFFSETS_MINUTES = [0, 0, 0, 330, -480, 845];
const NUMBERS = ["0", "-0", "1.50", "12345678901234567890", "0.1000000000000000055", "1e400", "-2.5E-7"];
const TEXTS = [
  "",
  "plain",
  "Ünïcödé",
  "😀 and 🇪🇺",
  'quote " slash \\ tab \t',
  "line\u2028separator",
  "=x",
  "<b>&amp;",
];
const DAYS_BACK = 3;

const DUPLICATE = 0.1;
const CONFLICT = 0.01;
const REFUSED = 0.003;
const TWICE = 0.05;

/** The content of an event: everything except its id. */
export const contentOf = ({ type, instant, payload }: Omit<KnownEvent, "id" | "timestamp">): string =>
  `${type}\n${instant}\n${payload}`;

export const toJson = ({ id, type, timestamp, payload }: KnownEvent): string =>
  `{"event_id":${JSON.stringify(id)},"event_type":${JSON.stringify(type)},"timestamp":"${timestamp}","payload":${payload}}`;

/**
 * The requests of one client, one after the other.
 * @param stream name of the client's random sequence
 * @param baseMs time that timestamps lie before, in milliseconds since the Unix epoch
 */
export function* requestsOf(seed: number, stream: string, baseMs: number): Generator<KnownRequest, never> {
  const draw = random(seed, stream);
  const sent: KnownEvent[] = [];
  const make = (): KnownEvent => {
    if (sent.length > 0 && draw.chance(DUPLICATE)) return earlier(draw, sent);
    if (sent.length > 0 && draw.chance(CONFLICT))
      return { ...newEvent(draw, sent.length, baseMs), id: earlier(draw, sent).id };
    const event = newEvent(draw, sent.length, baseMs);
    sent.push(event);
    return event;
  };
  for (;;) {
    const size = sizeOf(draw);
    const format = size === 1 ? "json" : draw.pick(["json", "json", "ndjson", "gzip"] as const);
    yield { events: Array.from({ length: size }, make), format, twice: draw.chance(TWICE) };
  }
}

function sizeOf(draw: Random): number {
  const kind = draw.int(1, 100);
  if (kind <= 45) return 1;
  return kind <= 95 ? draw.int(2, 30) : draw.int(100, 300);
}

/** Usually a recent one, which may still wait in the queue. */
const earlier = (draw: Random, sent: readonly KnownEvent[]): KnownEvent =>
  sent[draw.int(draw.chance(0.7) ? Math.max(0, sent.length - 50) : 0, sent.length - 1)] as KnownEvent;

function newEvent(draw: Random, number: number, baseMs: number): KnownEvent {
  const atMs = baseMs - draw.int(0, DAYS_BACK * DAY_MS);
  const micros = draw.pick([0, 0, draw.int(0, 999)]);
  const type = draw.chance(REFUSED) ? REFUSED_TYPE : draw.pick(TYPES);
  return { id: idOf(draw, number), type, ...timeOf(draw, atMs, micros), payload: payloadOf(draw, number) };
}

function idOf(draw: Random, number: number): string {
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => draw.int(0, 15).toString(16)).join("");
  switch (draw.int(0, 5)) {
    case 0:
      return `${number}-${"long".repeat(45)}`;
    case 1:
      return `${TEXTS[draw.int(1, TEXTS.length - 1)]} ${number}`;
    case 2:
      return `order-${number}`;
    default:
      // A UUID is its own key in the ledger. The number makes it unique.
      return `${number.toString(16).padStart(8, "0")}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
  }
}

function timeOf(draw: Random, atMs: number, micros: number): Pick<KnownEvent, "timestamp" | "instant"> {
  const offset = draw.pick(OFFSETS_MINUTES);
  const digits = (ms: number): string => new Date(ms).toISOString().slice(0, -1);
  const fraction = micros.toString().padStart(3, "0");
  const sign = offset < 0 ? "-" : "+";
  const two = (value: number): string => String(value).padStart(2, "0");
  const zone = `${sign}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const local = digits(atMs + offset * 60_000) + (micros === 0 ? "" : fraction);
  return { timestamp: `${local}${offset === 0 ? "Z" : zone}`, instant: `${digits(atMs)}${fraction}` };
}

function payloadOf(draw: Random, number: number): string {
  const text = (): string => JSON.stringify(draw.pick(TEXTS));
  const list = Array.from({ length: draw.int(0, 4) }, () => draw.pick(NUMBERS)).join(",");
  const filling = draw.chance(0.05) ? "x".repeat(draw.int(1_000, 20_000)) : "";
  return `{"number":${number},"value":${draw.pick(NUMBERS)},"text":${text()},"list":[${list}],"more":{"a":${text()},"b":null,"c":"${filling}"}}`;
}
