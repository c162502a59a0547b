/** A client that behaves like a good SDK: it resends what was not accepted, respects `Retry-After`, and never gives up. */
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { type KnownEvent, type KnownRequest, toJson } from "./events.ts";
import type { Call, Ledger } from "./ledger.ts";

/** A response of the API. */
export interface Answer extends Call {
  retryAfterS: number | undefined;
  text: string;
}

interface Accepted {
  receipt_id: string;
  accepted: number;
  duplicates: number;
  rejected: number;
  errors: ItemError[];
}

interface ItemError {
  index: number;
  code: string;
  retryable: boolean;
  detail: string;
}

const TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const LONGEST_RETRY_AFTER_MS = 10_000;

/** Calls the API and records the call. Never rejects: a call without a complete response has status 0. */
export async function call(
  ledger: Ledger,
  base: string,
  path: string,
  { key, timeoutMs = TIMEOUT_MS, ...init }: RequestInit & { key?: string; timeoutMs?: number } = {},
): Promise<Answer> {
  const startedAt = Date.now();
  const answer: Answer = {
    path,
    startedAt,
    endedAt: 0,
    status: 0,
    requestId: undefined,
    retryAfterS: undefined,
    text: "",
  };
  try {
    const response = await fetch(base + path, {
      ...init,
      headers: { ...init.headers, ...(key !== undefined && { "x-api-key": key }) },
      signal: AbortSignal.timeout(timeoutMs),
    });
    answer.text = await response.text();
    answer.status = response.status;
    answer.requestId = response.headers.get("x-request-id") ?? undefined;
    const retryAfter = response.headers.get("retry-after");
    if (retryAfter !== null) answer.retryAfterS = Number(retryAfter);
  } catch {
    ledger.count("no answer");
  }
  answer.endedAt = Date.now();
  ledger.calls.push(answer);
  return answer;
}

export interface ClientOptions {
  ledger: Ledger;
  clientId: string;
  key: string;
  /** Base URL of the next attempt. */
  base: () => string;
  /** For the pauses; independent of the seed, since their number depends on time. */
  jitter: () => number;
  /** Ends all attempts. */
  signal: AbortSignal;
}

export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Resolves when each event was accepted or finally refused; false if the time was up before. */
  async send(request: KnownRequest): Promise<boolean> {
    const { signal } = this.#options;
    let events = request.events;
    for (let attempt = 0; !signal.aborted; attempt++) {
      const answer = await this.#post({ ...request, events });
      const next = this.#judge(answer, events);
      if (next.events.length === 0) return true;
      events = next.events;
      await sleep(this.#pause(answer, attempt), undefined, { signal }).catch(() => {});
    }
    return false;
  }

  async #post({ events, format }: KnownRequest): Promise<Answer> {
    const { ledger, clientId, key, base } = this.#options;
    const body = bodyOf(events, format);
    ledger.sending(clientId, events, Date.now());
    const headers: Record<string, string> = {
      "content-type": format === "ndjson" ? "application/x-ndjson" : "application/json",
      ...(format === "gzip" && { "content-encoding": "gzip" }),
    };
    const answer = await call(ledger, base(), "/v1/events", { method: "POST", key, headers, body });
    ledger.count(answer.status === 0 ? "unanswered requests" : `answers ${answer.status}`);
    return answer;
  }

  /** @returns the events to be sent again */
  #judge(answer: Answer, events: readonly KnownEvent[]): { events: readonly KnownEvent[] } {
    const { ledger, clientId } = this.#options;
    const { status } = answer;
    if (status === 202) {
      const accepted = JSON.parse(answer.text) as Accepted;
      ledger.taken.push({
        ...answer,
        text: "",
        clientId,
        receiptId: accepted.receipt_id,
        ...countsOf(accepted),
      } as never);
      return this.#settle(answer, events, accepted);
    }
    if (status === 422) {
      const { errors } = JSON.parse(answer.text) as Accepted;
      return this.#settle(answer, events, { accepted: 0, duplicates: 0, rejected: events.length, errors });
    }
    if (status === 0 || status >= 500) ledger.uncertain += events.length;
    const expected = status === 0 || status === 429 || status === 408 || status >= 500;
    if (!expected) ledger.complaints.push(`A good request got ${status}: ${answer.text.slice(0, 200)}`);
    if (
      (status === 429 || status === 503) &&
      answer.requestId !== undefined &&
      !(answer.retryAfterS && answer.retryAfterS >= 1)
    )
      ledger.complaints.push(`An answer ${status} has no Retry-After: ${answer.text.slice(0, 200)}`);
    return { events };
  }

  #settle(
    answer: Answer,
    events: readonly KnownEvent[],
    { accepted, duplicates, rejected, errors }: Omit<Accepted, "receipt_id">,
  ): { events: readonly KnownEvent[] } {
    const { ledger, clientId } = this.#options;
    if (accepted + duplicates + rejected !== events.length || rejected !== errors.length)
      ledger.complaints.push(
        `An answer does not add up: ${events.length} sent, ${answer.text.slice(0, 200)}`,
      );
    const again: KnownEvent[] = [];
    const refused = new Set<number>();
    for (const { index, code, retryable, detail } of errors) {
      refused.add(index);
      ledger.count(`item errors ${code}`);
      const event = events[index];
      if (!event) continue;
      if (retryable) again.push(event);
      else if (code !== "event-conflict")
        ledger.complaints.push(`A good event was refused: ${code}, ${detail}`);
      else ledger.conflicted(clientId, event, answer.startedAt);
    }
    ledger.acknowledged(
      clientId,
      events.filter((_, index) => !refused.has(index)),
      answer,
    );
    return { events: again };
  }

  #pause({ retryAfterS }: Answer, attempt: number): number {
    if (retryAfterS !== undefined) return Math.min(retryAfterS * 1_000, LONGEST_RETRY_AFTER_MS);
    return Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + this.#options.jitter() / 2);
  }
}

const countsOf = ({ accepted, duplicates }: Accepted): { accepted: number; duplicates: number } => ({
  accepted,
  duplicates,
});

function bodyOf(events: readonly KnownEvent[], format: KnownRequest["format"]): string | Uint8Array {
  const [only] = events;
  if (only && events.length === 1 && format === "json") return toJson(only);
  if (format === "ndjson") return events.map(toJson).join("\n");
  const text = `{"events":[${events.map(toJson).join(",")}]}`;
  return format === "gzip" ? gzipSync(text) : text;
}
