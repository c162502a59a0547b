/** Profiles the ingest handler's processor time with V8's profiler. */
import { type Profiler, Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import type { Deps } from "../lib/app/connect.ts";
import { Bodies } from "./events.ts";
import { ingestOf } from "./handler.ts";
import { closedLoop } from "./measure.ts";
import type { Section } from "./part.ts";
import { format } from "./statistics.ts";

const PROJECT = new URL("..", import.meta.url).href;
/** The same folder as CommonJS modules name it. */
const FOLDER = fileURLToPath(PROJECT);
const INTERVAL_US = 200;
const HEAVIEST = 8;

type Node = Profiler.ProfileNode;

/** Category of a function, by its name and file; the first match applies. */
const KINDS: readonly [kind: string, is: (name: string, url: string) => boolean][] = [
  // The profiler's own time is excluded, as is idle time.
  ["idle", (name, url) => name === "(idle)" || url.startsWith("node:inspector")],
  ["garbage", (name) => name === "(garbage collector)"],
  [
    "JSON",
    (name, url) =>
      (url === "" && /^(?:parse|stringify|rawJSON)$/.test(name)) || /lib\/base\/json\.ts$/.test(url),
  ],
  [
    "validation",
    (_, url) =>
      /node_modules\/zod\/|lib\/(?:ingest\/(?:event|batch|digest)|http\/(?:body|validate)|base\/time)\.ts$/.test(
        url,
      ),
  ],
  [
    "Redis",
    (name, url) =>
      /node_modules\/(?:ioredis|redis-parser|@ioredis)|lib\/(?:redis|ingest\/lua|pending)\//.test(url) ||
      /^node:(?:net|internal\/(?:streams|stream_base|net|dns))|^node:events/.test(url) ||
      /^(?:writeLatin1String|writeUtf8String|writeBuffer|writev|write|onStreamRead)$/.test(name),
  ],
  ["load generator", (_, url) => /\/bench\/|test\/support/.test(url)],
];

export const kindOf = ({ callFrame: { functionName, url } }: Pick<Node, "callFrame">): string =>
  KINDS.find(([, is]) => is(functionName, url))?.[0] ?? "rest";

/**
 * Profiles one-event and batched requests, 16 at a time; the profiles are written to bench/profiles and can be opened
 * with a browser's developer tools.
 */
export async function profileIngest(
  deps: Deps,
  secret: string,
  seconds: number,
): Promise<Pick<Section, "tables" | "files">> {
  const send = ingestOf(deps, secret);
  const bodies = new Bodies();
  const files: Record<string, string> = {};
  const shares: string[][] = [];
  const heaviest: string[][] = [];
  for (const events of [1, 500]) {
    await deps.redis.flushdb();
    await deps.redis.config("RESETSTAT");
    const profile = await profiled(() => closedLoop(16, seconds, () => send(bodies.many(events))));
    files[`profiles/ingest-${events}.cpuprofile`] = JSON.stringify(withoutPaths(profile));
    const name = events === 1 ? "one event each" : `${events} events each`;
    const kinds = splitByKind(profile).map(([kind, share]) => `${kind} ${percent(share)}`);
    shares.push([name, kinds.join(", "), format(await scriptTime(deps))]);
    for (const [where, share] of splitByFunction(profile).slice(0, HEAVIEST))
      heaviest.push([name, where, percent(share)]);
  }
  const caption =
    "Time spent in the handler's process (self time from V8's profiler, without idle time; the profiles are in `bench/profiles`), and the script's execution time as measured by Redis:";
  const tables = [
    { caption, head: ["requests of", "handler process", "script in Redis, µs"], rows: shares },
    {
      caption: "Functions with the most self time:",
      head: ["requests of", "function", "self time"],
      rows: heaviest,
    },
  ];
  return { tables, files };
}

/** Average time that Redis spent on one script since its statistics were reset, in microseconds. */
async function scriptTime({ redis }: Deps): Promise<number> {
  const text = await redis.info("commandstats");
  return Number(/^cmdstat_evalsha:.*usec_per_call=([\d.]+)/m.exec(text)?.[1] ?? Number.NaN);
}

async function profiled(work: () => Promise<unknown>): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: INTERVAL_US });
    await session.post("Profiler.start");
    await work();
    return (await session.post("Profiler.stop")).profile;
  } finally {
    session.disconnect();
  }
}

/** Self time of each category as a share of the non-idle time, the largest first. */
export function splitByKind(profile: Profiler.Profile): [kind: string, share: number][] {
  return split(profile, kindOf);
}

const splitByFunction = (profile: Profiler.Profile): [where: string, share: number][] =>
  split(profile, ({ callFrame: { functionName, url, lineNumber } }) => {
    const place = url.startsWith(PROJECT) ? url.slice(PROJECT.length) : url;
    const file = place.replace(/^.*node_modules\//, "");
    return `${functionName || "(anonymous)"}${file === "" ? "" : ` ${file}:${lineNumber + 1}`}`;
  });

function split(profile: Profiler.Profile, nameOf: (node: Node) => string): [string, number][] {
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const times = new Map<string, number>();
  let total = 0;
  for (const [index, id] of (profile.samples ?? []).entries()) {
    const node = byId.get(id);
    const time = profile.timeDeltas?.[index] ?? 0;
    if (!node || kindOf(node) === "idle") continue;
    times.set(nameOf(node), (times.get(nameOf(node)) ?? 0) + time);
    total += time;
  }
  return [...times]
    .map(([name, time]): [string, number] => [name, time / total])
    .sort(([, a], [, b]) => b - a);
}

/** Paths relative to the project, without its location on this machine. */
export const withoutPaths = (profile: Profiler.Profile): Profiler.Profile => ({
  ...profile,
  nodes: profile.nodes.map((node) => ({
    ...node,
    callFrame: { ...node.callFrame, url: node.callFrame.url.replace(PROJECT, "").replace(FOLDER, "") },
  })),
});

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
