/** Process faults: processes that are killed or frozen. */
import type { Part } from "../parts.ts";
import { signal } from "../parts.ts";
import type { System } from "../system.ts";
import { type Fault, type FaultContext, nothing, type Server } from "./fault.ts";
import { backends } from "./postgres-control.ts";

type Choose = (context: FaultContext) => readonly Part[];

interface Target {
  name: string;
  choose: Choose;
  frozenSeconds: readonly [number, number];
  queue?: "sqs";
  denies?: Server;
}

const server = (name: Server): Choose => {
  return ({ system }) => [system[name]].filter((part): part is Part => part !== undefined);
};

const one =
  (parts: (system: System) => readonly Part[]): Choose =>
  ({ system, random }) => [random.pick(parts(system))];

const TARGETS: readonly Target[] = [
  { name: "api", choose: one(({ apis }) => apis), frozenSeconds: [1, 8] },
  // Longer than the visibility time: a frozen worker resumes after another one has settled its messages.
  { name: "worker", choose: one(({ workers }) => workers), frozenSeconds: [1, 18] },
  { name: "workers", choose: ({ system }) => system.workers, frozenSeconds: [1, 5] },
  { name: "postgres", choose: server("postgres"), frozenSeconds: [1, 8], denies: "postgres" },
  { name: "redis", choose: server("redis"), frozenSeconds: [1, 6], denies: "redis" },
  { name: "sqs", choose: server("sqs"), frozenSeconds: [1, 6], queue: "sqs", denies: "sqs" },
];

const killing = ({ name, choose, queue }: Target): Fault => ({
  name: `kill-${name}`,
  target: name === "workers" ? "worker" : name,
  seconds: [0, 0],
  ...(queue && { queue }),
  begin: async (context) => {
    const parts = choose(context);
    for (const part of parts) part.kill();
    return { detail: parts.map((part) => part.name).join(", "), undo: nothing };
  },
});

const freezing = ({ name, choose, queue, frozenSeconds, denies }: Target): Fault => ({
  name: `freeze-${name}`,
  target: name === "workers" ? "worker" : name,
  seconds: frozenSeconds,
  ...(queue && { queue }),
  ...(denies && { denies }),
  begin: async (context) => {
    const parts = choose(context);
    for (const part of parts) await part.freeze();
    return {
      detail: parts.map((part) => part.name).join(", "),
      undo: async () => {
        for (const part of parts) part.thaw();
      },
    };
  },
});

const ofBackend = (name: string, word: NodeJS.Signals, seconds: readonly [number, number]): Fault => ({
  name,
  target: "postgres",
  seconds,
  begin: async ({ system, random }) => {
    const pids = await backends(system);
    if (pids.length === 0) return "no function is connected";
    const pid = random.pick(pids);
    signal(pid, word);
    return {
      detail: `backend ${pid}`,
      undo: async () => {
        if (word === "SIGSTOP") signal(pid, "SIGCONT");
      },
    };
  },
});

export const processFaults: readonly Fault[] = [
  ...TARGETS.map(killing),
  ...TARGETS.map(freezing),
  ofBackend("kill-backend", "SIGKILL", [0, 0]),
  ofBackend("freeze-backend", "SIGSTOP", [1, 8]),
];
