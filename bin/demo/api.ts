/** Calls to a running system; honours `Retry-After`. Events are sent with the SDK. */
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { problemSchema } from "../../lib/http/problem-schema.ts";
import { type Confirmation, type SendError, Sender, WeirError } from "../../sdk/typescript/src/node.ts";

/** Longest total `Retry-After` delay of one call, and time-out of one response. */
const PUT_OFF_MS = 120_000;
const ANSWER_MS = 30_000;
/** Most events in a request, and most requests of one dataset at the same time. */
const BATCH_SIZE = 500;
const CONCURRENCY = 2;

export interface Access {
  /** Base URL of the API, without `/v1`. */
  url: string;
  apiKey: string;
}

/** The demo cannot continue; the message is meant for the user. */
export class DemoError extends Error {
  override name = "DemoError";
}

/** The API rejected a call. */
export class Refusal extends DemoError {
  readonly problem: z.output<typeof problemSchema>;

  constructor(call: string, problem: z.output<typeof problemSchema>) {
    super(`${call} failed with ${problem.status} ${problem.code}: ${problem.detail}`);
    this.problem = problem;
  }
}

export class Api {
  /** Number of responses that requested a later retry. */
  timesPutOff = 0;
  /** Most events that the rate limit allows at once; known after the first response. */
  quota: number | undefined;
  readonly #url: string;
  readonly #apiKey: string;

  constructor({ url, apiKey }: Access) {
    this.#url = url.replace(/\/+$/, "");
    this.#apiKey = apiKey;
  }

  /**
   * @param query undefined members are omitted
   * @throws {DemoError} if the response does not fit the schema; {@link Refusal} if it is a problem document
   */
  get<T>(path: string, schema: z.ZodType<T>, query: Record<string, string | undefined> = {}): Promise<T> {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, value);
    return this.#call(given.size > 0 ? `${path}?${given}` : path, schema);
  }

  /**
   * Sends events, and resolves when each has its outcome.
   * @param onConfirmed called with each response that accepts events
   * @param onOutcome called for each event; with the error if it was refused
   * @throws {DemoError} if not all events can be delivered
   */
  async send(
    events: readonly Parameters<Sender["send"]>[0][],
    onConfirmed: (confirmation: Confirmation) => void,
    onOutcome: (error?: SendError) => void,
  ): Promise<void> {
    const sender = new Sender({
      url: this.#url,
      key: this.#apiKey,
      maxBatchEvents: Math.min(BATCH_SIZE, this.quota ?? BATCH_SIZE),
      maxInFlight: CONCURRENCY,
      whenFull: "wait",
      requestTimeoutMs: ANSWER_MS,
      onConfirmed,
      onRetry: (cause) => {
        if (cause instanceof WeirError) this.timesPutOff++;
      },
    });
    let failure: SendError | undefined;
    const outcomes = events.map((event) =>
      sender.send(event).then(
        () => onOutcome(),
        (error: SendError) => {
          if (error.fault) onOutcome(error);
          else failure ??= error;
        },
      ),
    );
    await sender.close({ timeoutMs: PUT_OFF_MS });
    await Promise.all(outcomes);
    if (failure) throw this.#undelivered(failure);
  }

  #undelivered({ cause, message }: SendError): DemoError {
    if (cause instanceof WeirError)
      return new DemoError(`POST /v1/events failed with ${cause.status} ${cause.code}: ${cause.detail}`);
    return new DemoError(cause === undefined ? message : this.#describe(cause));
  }

  async #call<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    const giveUpAt = Date.now() + PUT_OFF_MS;
    for (;;) {
      const response = await this.#fetch(path);
      const answer = await readJson(response);
      if (response.ok) return this.#parse(schema, answer, response);
      const refusal = new Refusal(`GET ${path}`, this.#parse(problemSchema, answer, response));
      const wait = Number(response.headers.get("retry-after")) * 1_000;
      const comeBack = (response.status === 429 || response.status === 503) && wait > 0;
      if (!comeBack || Date.now() + wait > giveUpAt) throw refusal;
      this.timesPutOff++;
      await sleep(wait);
    }
  }

  async #fetch(path: string): Promise<Response> {
    try {
      const response = await fetch(`${this.#url}${path}`, {
        headers: { "x-api-key": this.#apiKey },
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const quota = /;q=(\d+)/.exec(response.headers.get("ratelimit-policy") ?? "")?.[1];
      if (quota !== undefined) this.quota = Number(quota);
      return response;
    } catch (error) {
      throw new DemoError(this.#describe(error));
    }
  }

  #describe(error: unknown): string {
    if (error instanceof Error && error.name === "TimeoutError")
      return `${this.#url} did not answer within ${ANSWER_MS / 1_000} s.`;
    if (this.quota === undefined)
      return `Weir is not running at ${this.#url}. Start it with \`npm start\`, then run the demo again.`;
    return `The connection to ${this.#url} was lost. Run the demo again: events that were already accepted count once.`;
  }

  #parse<T>(schema: z.ZodType<T>, answer: unknown, { status }: Response): T {
    const result = schema.safeParse(answer);
    if (result.success) return result.data;
    throw new DemoError(`The server at ${this.#url} (status ${status}) does not appear to be Weir.`);
  }
}

/** @returns undefined if the body is not JSON or was truncated */
const readJson = (response: Response): Promise<unknown> => response.json().catch(() => undefined);
