/** Measures what an event costs in bytes, WAL, memory and processor time, by who sends it: the basis of docs/scale.md. */
import type { Bench, Figure, Part, Section, Table } from "../part.ts";
import { growth } from "../scale/growth.ts";
import { BATCH, type Measured, measure, STEPS, WAITING } from "../scale/measure.ts";
import { DENSITIES, packedDay, packedDayBytes } from "../scale/packed.ts";
import { WORKLOAD_NAMES, WORKLOADS, type WorkloadName } from "../scale/workloads.ts";
import { format, mean } from "../statistics.ts";

/** Events of a step in a full run, and in a quick one. */
const STEP_EVENTS = 100_000;
const QUICK_STEP_EVENTS = 2_000;

/** What is stored, by the names of `sizesOf`, in the order of the tables. */
export const STORED = [
  "events",
  "events_client_time_id",
  "events_time",
  "event_ledger",
  "event_ledger indexes",
  "rollups_minute",
  "rollups_minute indexes",
  "rollups_quarter",
  "rollups_quarter indexes",
  "rollups_hour",
  "rollups_hour indexes",
  "rollups_day",
  "rollups_day indexes",
  "feed",
  "feed indexes",
  "receipts",
  "receipts indexes",
  "audit_log",
  "audit_log indexes",
  "audit_personal",
  "audit_personal indexes",
] as const;

const RATES = [
  "wal",
  "walOfVacuum",
  "fullPages",
  "transactions",
  "ingestUs",
  "redisAtIngestUs",
  "redisAtWorkerUs",
  "workerUs",
  "postgresUs",
] as const;

const UNITS: Partial<Record<(typeof RATES)[number], string>> = {
  wal: "bytes",
  walOfVacuum: "bytes",
  fullPages: "pages",
  transactions: "a batch",
};

export const scale: Part = {
  name: "scale",
  run: async (bench) => {
    const most = bench.scale.stored.at(-1) ?? 0;
    const stepEvents = most >= STEP_EVENTS * STEPS ? STEP_EVENTS : QUICK_STEP_EVENTS;
    const measured = new Map<WorkloadName, Measured>();
    for (const name of WORKLOAD_NAMES) measured.set(name, await measure(bench, name, stepEvents));
    bench.say("packed days");
    const packed = await packedDayBytes(await bench.servers.deps("scale_packed", 2));
    return toSection(bench, measured, packed);
  },
};

function figuresOf(
  measured: ReadonlyMap<WorkloadName, Measured>,
  packed: readonly number[],
): Record<string, Figure> {
  const figures: Record<string, Figure> = {};
  for (const [index, events] of DENSITIES.entries())
    figures[packedDay(events)] = { unit: "bytes", values: [packed[index] ?? Number.NaN] };
  for (const [workload, { empty, steps, rows, memory, typeIndex, expiry }] of measured) {
    const add = (name: string, unit: string, values: number[]): void => {
      figures[`${workload}: ${name}`] = { unit, values };
    };
    const events = steps.at(-1)?.events ?? 0;
    const requests = events / WORKLOADS[workload].perRequest;
    add("events stored", "events", [events]);
    for (const name of STORED)
      add(
        name,
        "bytes",
        growth(
          [0, ...steps.map((step) => step.events)],
          [empty, ...steps.map(({ sizes }) => sizes)].map((sizes) => sizes[name] ?? 0),
        ).marginal,
      );
    for (const name of RATES)
      add(
        name,
        UNITS[name] ?? "µs",
        steps.map((step) => step[name]),
      );
    for (const grain of ["minute", "quarter", "hour", "day"] as const)
      add(`rows of rollups_${grain}`, "rows", [rows[`rollups_${grain}`] / events]);
    add("audit rows per request", "rows", [rows.audit_log / requests]);
    add("rows of feed per batch", "rows", [(rows.feed * BATCH) / events]);
    for (const kind of ["seen", "stream", "notes", "clients"] as const)
      add(`memory of ${kind}`, "bytes", [memory[kind]]);
    add("deletion: µs", "µs", [expiry.us]);
    add("deletion: WAL", "bytes", [expiry.wal]);
    if (typeIndex) {
      add("index by type", "bytes", [typeIndex.bytes]);
      add("index by type: µs", "µs", [typeIndex.us]);
    }
  }
  return figures;
}

function toSection(
  bench: Bench,
  measured: ReadonlyMap<WorkloadName, Measured>,
  packed: readonly number[],
): Section {
  const figures = figuresOf(measured, packed);
  const meanOf = (workload: WorkloadName, name: string): string => {
    const values = figures[`${workload}: ${name}`]?.values;
    return values ? format(mean(values)) : "";
  };
  const rowsOf = (names: readonly string[]): string[][] =>
    names.map((name) => [name, ...WORKLOAD_NAMES.map((workload) => meanOf(workload, name))]);
  const head = ["", ...WORKLOAD_NAMES];
  return {
    title: "Scale",
    text: [
      `${STEPS} steps of equal size in a database for each workload, sent through the ingest handler, ${format(WAITING)} at a time, and stored by one worker in batches of ${format(BATCH)}, a checkpoint before each step and a VACUUM after it. Bytes are what the steps added, divided by their events: ${WORKLOAD_NAMES.map((name) => `*${name}*: ${WORKLOADS[name].what}, ${format(measured.get(name)?.steps.at(-1)?.events ?? 0)} events`).join("; ")}.`,
      "Events have about 180 bytes as sent. Processor times are those of a machine with other work and without idle processors; `docs/scale.md` projects these figures.",
    ],
    tables: [
      { caption: "Bytes per event:", head, rows: rowsOf([...STORED, "index by type"]) },
      {
        caption: "Per event; transactions and rows of feed per batch of 1,000:",
        head,
        rows: rowsOf([
          ...RATES,
          "index by type: µs",
          "deletion: µs",
          "deletion: WAL",
          "rows of rollups_minute",
          "rows of rollups_quarter",
          "rows of rollups_hour",
          "rows of rollups_day",
          "rows of feed per batch",
          "audit rows per request",
        ]),
      },
      {
        caption:
          "Redis, bytes per remembered id, per waiting event, per waiting request, and per client with a key in use:",
        head,
        rows: rowsOf(["memory of seen", "memory of stream", "memory of notes", "memory of clients"]),
      },
      {
        caption: "Bytes of a packed day of a client and type with its indexes, by its number of events:",
        head: DENSITIES.map((events) => format(events)),
        rows: [packed.map((bytes) => format(bytes))],
      },
      growthTable(bench, measured),
    ],
    charts: [],
    goals: [],
    figures,
  };
}

/** Whether bytes grow in proportion to events: the first and the last step, and how far any sum is from a line. */
function growthTable(bench: Bench, measured: ReadonlyMap<WorkloadName, Measured>): Table {
  // The part Ids has loaded many more events, with ids of version 7 and of version 4.
  const large = bench.found("ids")?.tables[0]?.rows ?? [];
  const found = (workload: WorkloadName, name: string): string => {
    const row = workload === "few" ? large[0] : workload === "random" ? large[1] : undefined;
    const cell = name === "event_ledger" ? row?.at(-2) : row?.at(-1);
    return name.startsWith("event_ledger") ? (cell ?? "") : "";
  };
  const NAMES = ["events", "events_client_time_id", "event_ledger", "event_ledger indexes"];
  return {
    caption:
      "Bytes per event in the first and the last step, the largest distance of a measured size from a straight line in percent of the final size, and what the part Ids has with 10,000,000 events:",
    head: ["", "size", "first", "last", "off the line, %", "10,000,000"],
    rows: [...measured].flatMap(([workload, { empty, steps }]) =>
      NAMES.map((name) => {
        const { marginal, offLine } = growth(
          [0, ...steps.map((step) => step.events)],
          [empty, ...steps.map(({ sizes }) => sizes)].map((sizes) => sizes[name] ?? 0),
        );
        const [first = 0, last = 0] = [marginal[0], marginal.at(-1)];
        return [workload, name, format(first), format(last), format(offLine * 100), found(workload, name)];
      }),
    ),
  };
}
