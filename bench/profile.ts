/** Where the processor's time goes in the ingest handler, by V8's own profiler. */
import { type Profiler, Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import type { Deps } from "../lib/app/connect.ts";
import { Bodies } from "./events.ts";
import { ingestOf } from "./handler.ts";
import { closedLoop } from "./measure.ts";
import type { Section } from "./part.ts";
import { format } from "./statistics.ts";

const PROJECT = new URL("..", import.meta.url).href;
/** How modules in CommonJS name the same folder. */
const FOLDER = fileURLToPath(PROJECT);
const INTERVAL_US = 200;
const HEAVIEST = 8;

type Node = Profiler.ProfileNode;

/** What a function is for, by its name and file; the first that matches. */
const KINDS: readonly [kind: string, is: (name: string, url: string) => boolean][] = [
  // What the profiler itself does counts as little as waiting.
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
 * Profiles one-event and batched requests, 16 at a time; the profiles themselves go to bench/profiles, to be opened
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
    "Where the handler's process spends its time (self time by V8's profiler, idle time left out; the profiles are in `bench/profiles`), and how long the script takes Redis, by its own account:";
  const tables = [
    { caption, head: ["requests of", "the handler's process", "the script in Redis, µs"], rows: shares },
    {
      caption: "The heaviest functions of it:",
      head: ["requests of", "function", "self time"],
      rows: heaviest,
    },
  ];
  return { tables, files };
}

/** Microseconds that Redis has spent on one script since its counts began, on average. */
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

/** Self time of each kind as a share of the time that was not idle, the largest first. */
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

/** Files as they are called within the project, whose own place on this machine is nobody's business. */
export const withoutPaths = (profile: Profiler.Profile): Profiler.Profile => ({
  ...profile,
  nodes: profile.nodes.map((node) => ({
    ...node,
    callFrame: { ...node.callFrame, url: node.callFrame.url.replace(PROJECT, "").replace(FOLDER, "") },
  })),
});

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
