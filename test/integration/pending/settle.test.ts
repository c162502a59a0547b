/** Settling many parts in one step: the notes and what waits. */
import { expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { openNotesScript } from "../../../lib/pending/lua/open-notes.ts";
import { Notes, type SettledPart } from "../../../lib/pending/notes.ts";
import { testDeps } from "../../support/servers/deps.ts";

/** Parts of open notes: id, part, events, client. */
type Part = readonly [id: string, part: number, events: number, clientId: string];

/** Many requests of one part and a few events, and some of several parts. */
const PARTS: Part[] = [
  ...Array.from({ length: 900 }, (_, n): Part => [`r-${n}`, 0, 1 + (n % 3), n % 2 === 0 ? "a" : "b"]),
  ...Array.from({ length: 60 }, (_, n): Part => [`m-${Math.floor(n / 3)}`, n % 3, 5, "c"]),
];

async function open({ redis, shards }: Deps, parts: readonly Part[]): Promise<void> {
  const words = parts.flatMap(([id, part, events, client]) => [id, part, events, client, 1_000, ""]);
  await openNotesScript(redis, shards.first.notes, words);
}

const settled = (parts: readonly Part[]): SettledPart[] =>
  parts.map(([id, part, events, clientId]) => ({ place: { id, part }, clientId, events }));

async function state({ redis, shards }: Deps) {
  const { receipts, open: openKey, waiting, stats } = shards.first;
  const notes = await redis.hgetall(receipts);
  return {
    notes: Object.keys(notes).length,
    open: await redis.zcard(openKey),
    waiting: await redis.hgetall(waiting),
    events: Number(await redis.hget(stats, "events")),
    parts: Object.fromEntries(
      Object.entries(notes).flatMap(([id, text]) => (id.startsWith("m-") ? [[id, text.split(" ")[4]]] : [])),
    ),
  };
}

it.each(["redis", "sqs"] as const)("counts each part of a batch once, with %s", async (queue) => {
  const deps = await testDeps();
  const notes = new Notes(deps.redis, deps.shards, queue);
  await open(deps, PARTS);
  const before = await state(deps);
  expect(before).toMatchObject({
    notes: 920,
    open: 920,
    waiting: { a: "900", b: "900", c: "300" },
    events: 2_100,
  });
  // Half of the requests, two of three parts of some others, one of them twice, and one that is not there.
  const some = [
    ...PARTS.slice(0, 450),
    ...PARTS.filter(([id, part]) => /^m-1\d$/.test(id) && part !== 1),
    ...PARTS.slice(0, 1),
    ["nowhere", 0, 9, "c"] as const,
  ];
  await notes.settle(settled(some));
  const middle = await state(deps);
  const live = queue === "sqs" ? 2_100 - 900 - 100 : 2_100;
  expect(middle).toMatchObject({
    notes: 470,
    open: 470,
    waiting: { a: "450", b: "450", c: "200" },
    events: live,
  });
  expect(middle.parts).toMatchObject({ "m-9": "0:5,1:5,2:5,", "m-10": "1:5,", "m-19": "1:5," });
  await notes.settle(settled(some));
  expect(await state(deps)).toEqual(middle);
  await notes.settle(settled(PARTS));
  expect(await state(deps)).toMatchObject({
    notes: 0,
    open: 0,
    waiting: {},
    events: queue === "sqs" ? 0 : 2_100,
  });
});
