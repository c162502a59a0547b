/** The summary that the demo prints at its end. */
import type { Replay, Replayed } from "./replay.ts";

/** A type's outcome and the system's current count. */
export interface Outcome extends Replayed {
  counted: number;
}

const NUMBERS = new Intl.NumberFormat("en-US");
export const formatCount = (count: number): string => NUMBERS.format(count);

interface Row {
  type: string;
  data: number;
  counted: number;
  stored: number;
  duplicates: number;
  quarantined: number;
  refused: number;
  pending: number;
}

/** A column with only zeros is shown only if it is `always`. */
const COLUMNS: readonly { name: Exclude<keyof Row, "type">; title: string; always: boolean }[] = [
  { name: "data", title: "in the data", always: true },
  { name: "counted", title: "counted by Weir", always: true },
  { name: "stored", title: "stored now", always: true },
  { name: "duplicates", title: "duplicates", always: true },
  { name: "quarantined", title: "in quarantine", always: false },
  { name: "refused", title: "refused", always: false },
  { name: "pending", title: "still waiting", always: false },
];

function toRow({ dataset, counted, tally }: Outcome): Row {
  const { refused, ...rest } = tally;
  return { type: dataset.type, data: dataset.records.length, counted, ...rest, refused: refused.length };
}

function totalOf(rows: readonly Row[]): Row {
  const sum = (name: Exclude<keyof Row, "type">): number => rows.reduce((all, row) => all + row[name], 0);
  return {
    type: "total",
    data: sum("data"),
    counted: sum("counted"),
    stored: sum("stored"),
    duplicates: sum("duplicates"),
    quarantined: sum("quarantined"),
    refused: sum("refused"),
    pending: sum("pending"),
  };
}

/** The counts by type and their total, as text. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(toRow);
  const total = totalOf(rows);
  const columns = COLUMNS.filter(({ name, always }) => always || total[name] > 0);
  const cells = [
    ["type", ...columns.map(({ title }) => title)],
    ...[...rows, total].map((row) => [row.type, ...columns.map(({ name }) => formatCount(row[name]))]),
  ];
  const widths = cells.reduce(
    (wide, line) => line.map((cell, i) => Math.max(wide[i] ?? 0, cell.length)),
    [] as number[],
  );
  const pad = (cell: string, i: number): string =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  return cells.map((line) => `  ${line.map(pad).join("   ")}`).join("\n");
}

/** Whether the system's counts match the data, and the text to print about it. */
export function verdict(outcomes: readonly Outcome[]): { ok: boolean; text: string } {
  const rows = outcomes.map(toRow);
  const { data, stored, duplicates, refused, quarantined, pending } = totalOf(rows);
  const different = rows.filter((row) => row.counted !== row.data);
  if (different.length > 0 || stored + duplicates !== data) {
    const counts = different.map(
      (row) => `${formatCount(row.counted)} of type ${row.type}, but the data has ${formatCount(row.data)}`,
    );
    const lines = [
      different.length > 0
        ? `The counts differ: Weir counts ${counts.join(" and ")}.`
        : "The counts agree, but not every event of this run was accepted.",
      ...(refused > 0 ? [`Refused: ${reasons(outcomes)}.`] : []),
      ...(quarantined > 0 ? [`In quarantine: ${formatCount(quarantined)}; see GET /v1/quarantine.`] : []),
      ...(pending > 0 ? [`Still in the queue: ${formatCount(pending)}; see GET /v1/pipeline.`] : []),
    ];
    return { ok: false, text: lines.join("\n") };
  }
  if (duplicates === data)
    return { ok: true, text: `This run added nothing: all ${formatCount(data)} events were duplicates.` };
  if (stored === data)
    return {
      ok: true,
      text: `All ${formatCount(data)} events are stored, and Weir counts exactly what the data holds.`,
    };
  return {
    ok: true,
    text: `Of ${formatCount(data)} events, ${formatCount(stored)} were new and ${formatCount(duplicates)} came from another run. Weir counts exactly what the data holds.`,
  };
}

/** Why events were rejected, the most frequent reason first. */
function reasons(outcomes: readonly Outcome[]): string {
  const faults = outcomes.flatMap(({ tally }) => tally.refused);
  const groups = Map.groupBy(faults, ({ code, detail }) => `${detail} (${code ?? "no code"})`);
  return [...groups]
    .map(([reason, { length }]) => ({ reason, length }))
    .sort((a, b) => b.length - a.length)
    .map(({ reason, length }) => `${formatCount(length)} because ${reason}`)
    .join(", ");
}

/** How long the replay took. @param putOff how often the system requested a later retry */
export function timing({ sentEvents, sendingMs, totalMs }: Replay, putOff: number): string {
  const perSecond = formatCount(Math.round(sentEvents / (sendingMs / 1_000)));
  const times = putOff === 1 ? "once" : `${putOff} times`;
  const held = putOff > 0 ? `, rate-limited or delayed ${times}` : "";
  return `Sending took ${seconds(sendingMs)} (${perSecond} events/s${held}); the last receipt was complete after ${seconds(totalMs)}.`;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
