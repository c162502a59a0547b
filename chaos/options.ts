/** Options of a run. */
import { parseArgs } from "node:util";
import { FAULTS } from "./faults/index.ts";
import { MUTANTS, type Mutant } from "./mutants/index.ts";

export interface Options {
  queue: "redis" | "sqs";
  /** Determines events, faults and their order. */
  seed: number;
  /** How long clients send and faults happen. */
  seconds: number;
  clients: number;
  /** Also inject network faults. */
  proxy: boolean;
  /** Also inject faults that lose queued data, as declared. */
  lossy: boolean;
  /** Only these faults, by name. */
  faults: readonly string[] | undefined;
  /** How often Redis syncs its file. */
  appendfsync: "always" | "everysec";
  /** Seconds without an acknowledgement after which a message is redelivered. */
  visibility: number;
  mutant: Mutant | undefined;
  /** Folder of the run, which is kept. If undefined, a temporary folder, kept only if the run fails. */
  dataDir: string | undefined;
}

export const HELP = `Usage: npm run chaos -- [options]

Runs the system on its own real servers, sends known events, injects faults, waits until the queue is empty, and
checks that nothing was lost, doubled, altered or misreported. Exits with code 1 otherwise.

  --queue redis|sqs        which queue carries the events (redis)
  --seed <n>               replays the faults and events of that seed (random)
  --seconds <n>            how long to send events and inject faults (60)
  --clients <n>            number of concurrent clients (8)
  --proxy                  also inject network faults
  --lossy                  also inject faults that lose waiting events in Redis, as a declared loss
  --faults a,b             only these faults: ${FAULTS.map(({ name }) => name).join(", ")}
  --appendfsync <policy>   always or everysec (always)
  --visibility <n>         seconds after which a message is redelivered (15)
  --mutant <name>          add a fault to the system itself, to check that it is detected: ${MUTANTS.join(", ")}`;

/** An error in the command line; the message is one sentence. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * @returns undefined if help was requested
 * @throws {UsageError}
 */
export function parseOptions(args: readonly string[], environment: NodeJS.ProcessEnv): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      queue: { type: "string", default: "redis" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
      seconds: { type: "string", default: "60" },
      clients: { type: "string", default: "8" },
      proxy: { type: "boolean", default: false },
      lossy: { type: "boolean", default: false },
      faults: { type: "string" },
      appendfsync: { type: "string", default: "always" },
      visibility: { type: "string", default: "15" },
      mutant: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const faults = values.faults?.split(",").filter(Boolean);
  for (const name of faults ?? [])
    if (!FAULTS.some((fault) => fault.name === name)) throw new UsageError(`There is no fault ${name}.`);
  return {
    queue: oneOf("queue", values.queue, ["redis", "sqs"]),
    seed: integer("seed", values.seed, 0, 2 ** 31 - 1),
    seconds: integer("seconds", values.seconds, 5, 86_400),
    clients: integer("clients", values.clients, 1, 100),
    proxy: values.proxy,
    lossy: values.lossy,
    faults,
    appendfsync: oneOf("appendfsync", values.appendfsync, ["always", "everysec"]),
    visibility: integer("visibility", values.visibility, 1, 3_600),
    mutant: values.mutant === undefined ? undefined : oneOf("mutant", values.mutant, MUTANTS),
    dataDir: environment.WEIR_DATA_DIR,
  };
}

function oneOf<const T extends string>(name: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UsageError(`--${name} must be one of ${choices.join(", ")}.`);
  return found;
}

function integer(name: string, text: string, from: number, to: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < from || value > to)
    throw new UsageError(`--${name} must be an integer from ${from} to ${to}.`);
  return value;
}
