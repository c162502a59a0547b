/** A plot of counts over time, in text. */
import stringWidth from "string-width";
import type { Paint } from "./style.ts";

/** From an empty cell to a full one, in eighths. */
const BLOCKS = " ▁▂▃▄▅▆▇█";
const EIGHTHS = 8;
/** Labels of the scale above 0. */
const TICKS = 4;

export interface Point {
  /** Label of the bucket. */
  label: string;
  count: number;
}

/**
 * Columns from the left, each as high as its count, with the scale on the left and times below.
 * @param width columns of the terminal; if there are more points, neighbours share a column, which shows their sum
 * @param height lines of the plot, without the times
 */
export function plot(
  points: readonly Point[],
  { width, height, paint }: { width: number; height: number; paint: Paint },
): string[] {
  const most = Math.max(0, ...points.map(({ count }) => count));
  const margin = Math.max(...[most, 0].map((count) => format(count).length)) + 8;
  const per = Math.max(1, Math.ceil(points.length / Math.max(1, width - margin)));
  const columns = Array.from({ length: Math.ceil(points.length / per) }, (_, index) =>
    points.slice(index * per, (index + 1) * per),
  );
  const sums = columns.map((column) => column.reduce((sum, { count }) => sum + count, 0));
  // Wide columns if there is room for them.
  const wide = Math.max(1, Math.min(6, Math.floor((width - margin) / Math.max(1, sums.length))));
  const top = niceTop(Math.max(1, ...sums));
  const step = Math.max(1, Math.round(height / TICKS));
  const labels = Array.from({ length: height + 1 }, (_, line) =>
    line % step === 0 ? format((top * line) / height) : "",
  );
  const gutter = Math.max(...labels.map((label) => label.length));
  const lines = Array.from({ length: height }, (_, index) => {
    const line = height - index;
    const cells = sums.map((sum) => cell((sum / top) * height * EIGHTHS - (line - 1) * EIGHTHS, wide));
    return `${(labels[line] ?? "").padStart(gutter)} ┤${paint("cyan", cells.join(""))}`.trimEnd();
  });
  const axis = `${format(0).padStart(gutter)} ┴${"─".repeat(sums.length * wide)}`;
  const times = timeLine(
    columns.map(([first]) => first?.label ?? ""),
    wide,
  );
  return [
    ...lines,
    axis,
    `${" ".repeat(gutter + 2)}${times}`,
    ...(per > 1 ? [`One column is ${per} buckets.`] : []),
  ];
}

/** A column's part in one line. A count that is not 0 shows. */
function cell(eighths: number, wide: number): string {
  const level = eighths <= 0 ? 0 : Math.min(EIGHTHS, Math.max(1, Math.round(eighths)));
  const block = BLOCKS[level] ?? " ";
  return wide > 1 ? `${block.repeat(wide - 1)} ` : block;
}

const format = (count: number): string => count.toLocaleString("en", { maximumFractionDigits: 1 });

/** The next higher number of the form 1, 2, 4, 5, 8 × 10ⁿ, so that the scale has round numbers. */
function niceTop(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return ([1, 2, 4, 5, 8, 10].find((step) => step * power >= most) ?? 10) * power;
}

/** Labels below their columns, as many as fit without touching. */
function timeLine(labels: readonly string[], wide: number): string {
  let line = "";
  for (const [index, label] of labels.entries()) {
    const at = index * wide;
    if (line !== "" && at < stringWidth(line) + 2) continue;
    // A last label that would stick out to the right does not fit.
    if (index > 0 && at + label.length > labels.length * wide + 4) continue;
    line = line.padEnd(at) + label;
  }
  return line;
}
