/** The official SDK of CloudEvents for JavaScript, with its own transport and emitter. */
import { setTimeout as sleep } from "node:timers/promises";
import { CloudEvent, type EmitterFunction, emitterFor, httpTransport, Mode } from "cloudevents";
import type { Target } from "./faulty-system.ts";
import type { Run, Sender } from "./run.ts";

/** The response's body, or undefined if the transport rejected. It resolves whatever the status is. */
type Emit = (event: CloudEvent<unknown>, number: number) => Promise<string | undefined>;

function emitter({ url, secret }: Target, errors: string[]): Emit {
  const transport = httpTransport(new URL("/v1/events", url));
  const modes = [Mode.BINARY, Mode.STRUCTURED].map((mode) => emitterFor(transport, { mode }));
  return async (event, number) => {
    const emit = modes[number % modes.length] as EmitterFunction;
    try {
      return ((await emit(event, { headers: { "x-api-key": secret } })) as { body: string }).body;
    } catch (error) {
      errors.push(String((error as NodeJS.ErrnoException).code));
      return undefined;
    }
  };
}

const anEvent = (n: number): CloudEvent<unknown> =>
  new CloudEvent({ id: `${n}`, source: `/shop/${n % 3}`, type: "order.placed", data: { n } });
const idOf = ({ source, id }: CloudEvent<unknown>): string => `${source} ${id}`;
/** As docs/cloudevents.md says. */
const isAccepted = (body: string | undefined): boolean => body?.includes('"receipt_id"') === true;

/** Sends each event once, whatever becomes of it. */
export const cloudEventsOnce: Sender = async (target, goOn) => {
  const run = { sent: [], delivered: [], limited: [], errors: [] } satisfies Run as Required<Run>;
  const emit = emitter(target, run.errors);
  for (let n = 0; goOn(); n++) {
    const event = anEvent(n);
    run.sent.push(idOf(event));
    const body = await emit(event, n);
    if (isAccepted(body)) run.delivered.push(idOf(event));
    else if (body !== undefined) {
      const { status, code } = JSON.parse(body) as { status: number; code: string };
      run.errors.push(code);
      if (status === 429) run.limited.push(idOf(event));
    }
    await sleep(5);
  }
  return run;
};

/** Repeats each event until it is accepted. */
export const cloudEventsRepeating: Sender = async (target, goOn) => {
  const run = { sent: [], delivered: [], errors: [] } satisfies Run as Run & { errors: string[] };
  const emit = emitter(target, run.errors);
  for (let n = 0; goOn(); n++) {
    const event = anEvent(n);
    run.sent.push(idOf(event));
    while (!isAccepted(await emit(event, n))) await sleep(50);
    run.delivered.push(idOf(event));
  }
  return run;
};
