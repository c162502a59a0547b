/** The official SDK of CloudEvents sends to the complete system, whose server dies meanwhile and whose answers are lost. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CloudEvent, emitterFor, httpTransport, Mode } from "cloudevents";
import postgres from "postgres";
import { expect, it } from "vitest";
import { atEnd } from "../support/cleanup.ts";
import { testSystem } from "../support/servers/system.ts";
import { behindProxy } from "../support/servers/tcp-proxy.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";

it("each event is stored once, in both modes, when a sender repeats until it gets an answer", async () => {
  const dataDir = await tempFolder("cloudevents");
  const { stack } = await testSystem({}, { dataDir });
  const { url, proxy } = await behindProxy(stack.url);
  const transport = httpTransport(new URL("/v1/events", url));
  const modes = [Mode.BINARY, Mode.STRUCTURED].map((mode) => emitterFor(transport, { mode }));
  const emit = async (event: CloudEvent<unknown>, mode: number): Promise<void> => {
    let last = "";
    for (let attempt = 0; attempt < 100; attempt++) {
      // The transport resolves whatever the status is, so only the body says what became of the event.
      const answer = (await modes[mode]?.(event, { headers: { "x-api-key": stack.apiKey } }).catch(
        () => undefined,
      )) as { body: string } | undefined;
      if (answer?.body.includes('"receipt_id"')) return;
      last = answer?.body ?? "no answer";
      await sleep(100);
    }
    throw new Error(`${event.id} was never accepted: ${last}`);
  };
  const pid = async (): Promise<number> => Number(await readFile(join(dataDir, "api.pid"), "utf8"));
  const first = await pid();
  const ids: string[] = [];
  for (let n = 0; n < 200; n++) {
    const event = new CloudEvent({ id: `${n}`, source: `/shop/${n % 3}`, type: "order.placed", data: { n } });
    ids.push(`${event.source} ${event.id}`);
    if (n % 20 === 5) proxy.loseNextReply(1);
    if (n === 100) process.kill(first, "SIGKILL");
    await emit(event, n % 2);
  }
  expect(await pid()).not.toBe(first);
  expect(proxy.lost()).toBeGreaterThan(1);
  const sql = postgres(stack.databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  const stored = async (): Promise<string[]> =>
    (await sql`SELECT event_id FROM events WHERE event_type = 'order.placed'`).map(
      ({ event_id }) => event_id,
    );
  await expect.poll(async () => (await stored()).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(200);
  expect((await stored()).toSorted()).toEqual(ids.toSorted());
});
