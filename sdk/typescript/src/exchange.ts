import { type Answer, readAnswer, readQuota } from "./answer.ts";
import { type EncodedEvent, encodeBatch, gzip } from "./event.ts";
import { type ConnectionOptions, connection } from "./http.ts";

/** Compressing fewer bytes costs more time than it saves. */
const SMALLEST_GZIP = 1_024;

interface ExchangeOptions extends ConnectionOptions {
  gzip: boolean;
  requestTimeoutMs: number;
}

/** Sends one request at a time or several, and says what became of each. */
export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #call: ReturnType<typeof connection>;
  readonly #requests = new Set<AbortController>();
  /** Most bytes of requests that outlive the page, without those in progress. */
  #keepaliveBytes: number;
  /** Most events that the client's rate limit allows at once, as far as known. */
  quota = Number.POSITIVE_INFINITY;

  /** @param keepaliveBytes most bytes of requests that outlive the page @throws as `connection` does */
  constructor(options: ExchangeOptions, keepaliveBytes: number) {
    this.#options = options;
    this.#call = connection(options);
    this.#keepaliveBytes = keepaliveBytes;
  }

  get keepaliveBytes(): number {
    return this.#keepaliveBytes;
  }

  /** Never rejects. @param urgent true if the request must start before this returns, as the page may end then */
  send(batch: readonly EncodedEvent[], urgent: boolean): Promise<Answer> {
    return this.#send(batch, urgent).catch((cause: unknown) => {
      const suspect = cause instanceof DOMException && cause.name === "TimeoutError";
      return { kind: "failed", cause, retryAfterMs: undefined, suspect };
    });
  }

  async #send(batch: readonly EncodedEvent[], urgent: boolean): Promise<Answer> {
    const plain = encodeBatch(batch);
    const zip = this.#options.gzip && !urgent && plain.length >= SMALLEST_GZIP;
    const body = zip ? await gzip(plain) : plain;
    const keepalive = body.length <= this.#keepaliveBytes;
    if (keepalive) this.#keepaliveBytes -= body.length;
    const request = new AbortController();
    const timeout = new DOMException("The API did not respond in time.", "TimeoutError");
    const timer = setTimeout(() => request.abort(timeout), this.#options.requestTimeoutMs);
    this.#requests.add(request);
    try {
      const response = await this.#call({
        method: "POST",
        path: "/v1/events",
        headers: { "content-type": "application/json", ...(zip && { "content-encoding": "gzip" }) },
        body,
        signal: request.signal,
        ...(keepalive && { keepalive }),
      });
      this.quota = readQuota(response) ?? this.quota;
      return await readAnswer(response, batch.length);
    } finally {
      clearTimeout(timer);
      this.#requests.delete(request);
      if (keepalive) this.#keepaliveBytes += body.length;
    }
  }

  /** Ends all requests in progress. */
  abort(): void {
    for (const request of this.#requests) request.abort();
  }
}
