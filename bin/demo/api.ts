/** Calls to a running system with the SDK; honours `Retry-After`. */
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import {
  type Parameters as CallParameters,
  type Client,
  type Confirmation,
  createWeirClient,
  type OperationId,
  type SendError,
  Sender,
  WeirError,
} from "../../sdk/typescript/src/node.ts";

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
  override readonly cause: WeirError;

  constructor(id: OperationId, cause: WeirError) {
    super(`${id} failed with ${cause.status} ${cause.code}: ${cause.detail}`);
    this.cause = cause;
  }
}

export class Api {
  /** Number of responses that requested a later retry. */
  timesPutOff = 0;
  /** Most events that the rate limit allows at once; known after the first response. */
  quota: number | undefined;
  readonly #url: string;
  readonly #apiKey: string;
  readonly #client: Client;

  constructor({ url, apiKey }: Access) {
    this.#url = url.replace(/\/+$/, "");
    this.#apiKey = apiKey;
    this.#client = createWeirClient({ url: this.#url, key: apiKey, timeoutMs: ANSWER_MS });
  }

  /**
   * Calls an operation, and again after `Retry-After`.
   * @throws {DemoError} if the response does not fit the schema; {@link Refusal} if it is a problem document
   */
  async call<Id extends OperationId, T>(
    id: Id,
    schema: z.ZodType<T>,
    parameters: CallParameters<Id>,
  ): Promise<T> {
    const giveUpAt = Date.now() + PUT_OFF_MS;
    for (;;) {
      try {
        const response = await this.#ask(id, parameters);
        const result = schema.safeParse(await readJson(response));
        if (result.success) return result.data;
        throw this.#notWeir(response.status);
      } catch (error) {
        const wait = error instanceof Refusal ? (error.cause.retryAfterMs ?? 0) : 0;
        if (wait === 0 || Date.now() + wait > giveUpAt) throw error;
        this.timesPutOff++;
        await sleep(wait);
      }
    }
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

  /** One attempt. @throws {DemoError} if there is no answer; {@link Refusal} if it is an error */
  async #ask(id: OperationId, parameters: unknown): Promise<Response> {
    try {
      const response = await this.#client.response(id, parameters as never);
      const quota = /;q=(\d+)/.exec(response.headers.get("ratelimit-policy") ?? "")?.[1];
      if (quota !== undefined) this.quota = Number(quota);
      return response;
    } catch (error) {
      if (!(error instanceof WeirError)) throw new DemoError(this.#describe(error));
      throw error.code === undefined ? this.#notWeir(error.status) : new Refusal(id, error);
    }
  }

  #describe(error: unknown): string {
    if (error instanceof Error && error.name === "TimeoutError")
      return `${this.#url} did not answer within ${ANSWER_MS / 1_000} s.`;
    if (this.quota === undefined)
      return `Weir is not running at ${this.#url}. Start it with \`npm start\`, then run the demo again.`;
    return `The connection to ${this.#url} was lost. Run the demo again: events that were already accepted count once.`;
  }

  #notWeir(status: number): DemoError {
    return new DemoError(`The server at ${this.#url} (status ${status}) does not appear to be Weir.`);
  }
}

/** @returns undefined if the body is not JSON or was truncated */
const readJson = (response: Response): Promise<unknown> => response.json().catch(() => undefined);
