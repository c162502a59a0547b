/** The cost of syncing Redis' file before each reply, compared with once a second. */
import { join } from "node:path";
import { createDeps } from "../../lib/app/connect.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { startRedis } from "../../local/redis.ts";
import { Bodies } from "../events.ts";
import { ingestOf, makeClient } from "../handler.ts";
import {
  type Contender,
  closedLoop,
  interleave,
  type Measured,
  ratios,
  type Sample,
  valuesOf,
} from "../measure.ts";
import type { Bench, Figure, Part, Section } from "../part.ts";
import { formatMedian } from "../statistics.ts";

const SETTINGS = ["always", "everysec"] as const;
type Setting = (typeof SETTINGS)[number];
const CONCURRENCY = [1, 16, 64, 256];
const BATCH = 100;

const single = (setting: Setting, callers: number): string => `${setting}, ${callers} at a time`;
const batched = (setting: Setting): string => `${setting}, batches of ${BATCH}, 16 at a time`;

export const durability: Part = {
  name: "durability",
  run: async (bench) => {
    const contenders = await Promise.all(SETTINGS.map((setting) => contendersOf(bench, setting)));
    return toSection(await interleave(bench, contenders.flat()));
  },
};

/** Each setting has its own server, on the same disk. */
async function contendersOf({ servers }: Bench, setting: Setting): Promise<Contender[]> {
  const redis = await startRedis({
    dataDir: join(servers.folder, `redis-${setting}`),
    port: 0,
    log: () => {},
    settings: { appendfsync: setting },
  });
  servers.atEnd(redis.stop);
  const environment = await servers.environment(`durability_${setting}`, 1);
  const deps = createDeps(loadConfig({ ...environment, REDIS_URL: redis.url }));
  servers.atEnd(async () => {
    await deps.sql.end({ timeout: 1 });
    deps.redis.disconnect();
  });
  const send = ingestOf(deps, await makeClient(deps, setting, ["ingest"]));
  const bodies = new Bodies();
  const load = async (
    callers: number,
    seconds: number,
    body: () => string,
    events: number,
  ): Promise<Sample> => {
    // Nothing reads the queue here, so it must not fill the memory.
    await deps.redis.del(deps.shards.first.queue);
    return closedLoop(callers, seconds, () => send(body()), events);
  };
  return [
    ...CONCURRENCY.map((callers) => ({
      name: single(setting, callers),
      run: (seconds: number) => load(callers, seconds, () => bodies.one(), 1),
    })),
    { name: batched(setting), run: (seconds) => load(16, seconds, () => bodies.many(BATCH), BATCH) },
  ];
}

function toSection(measured: Measured): Section {
  const rows = [
    ...CONCURRENCY.map((callers) => [
      `1 event, ${callers} at a time`,
      ...SETTINGS.map((one) => single(one, callers)),
    ]),
    [`${BATCH} events, 16 at a time`, ...SETTINGS.map(batched)],
  ];
  const of = (name: string, quantity: string): number[] => valuesOf(measured, name, quantity);
  return {
    title: "Durability",
    text: [
      "Requests through the ingest function's own stack, in a closed loop, on two Redis servers running side by side: one writes and syncs its file before it replies (`appendfsync always`, the default), the other syncs once a second (`everysec`). Redis syncs once for all commands in a turn of its event loop, so the cost per request falls as concurrency rises.",
    ],
    tables: [
      {
        head: [
          "requests",
          "always: events/s",
          "everysec: events/s",
          "always / everysec",
          "always: p50, p99 ms",
          "everysec: p50, p99 ms",
        ],
        rows: rows.map(([what = "", always = "", everysec = ""]) => [
          what,
          formatMedian(of(always, "perSecond")),
          formatMedian(of(everysec, "perSecond")),
          formatMedian(ratios(measured, always, everysec)),
          ...[always, everysec].map(
            (name) => `${formatMedian(of(name, "p50Ms"))}, ${formatMedian(of(name, "p99Ms"))}`,
          ),
        ]),
      },
    ],
    charts: [],
    goals: [],
    figures: Object.fromEntries(
      rows.flatMap(([, ...names]) =>
        names.map((name): [string, Figure] => [name, { unit: "events/s", values: of(name, "perSecond") }]),
      ),
    ),
  };
}
