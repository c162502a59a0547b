/** How charts look: uPlot's options in the colours of the theme. */
import uPlot from "uplot";
import type { ChartSeries } from "./stack.ts";

interface Chart {
  times: readonly number[];
  series: readonly ChartSeries[];
  zone: string;
  kind?: "line" | "area" | "bars";
  isStacked?: boolean;
  format?: (value: number) => string;
  window?: readonly [number, number];
  onSelect?: (start: number, end: number) => void;
}

/** Number of colours in the style sheet; further series use them again. */
const COLOURS = 6;
const FONT = '12px ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif';

/** @param read gives what the chart shows now @param element gives the theme's colours */
export function chartOptions(read: () => Chart, element: Element): Omit<uPlot.Options, "width" | "height"> {
  const styles = getComputedStyle(element);
  const colour = (name: string): string => styles.getPropertyValue(name).trim();
  const { series, kind = "line", zone, onSelect } = read();
  const format = (value: number): string => read().format?.(value) ?? String(value);
  const bars = uPlot.paths.bars?.({ size: [0.8, 40] });
  const axis: uPlot.Axis = {
    font: FONT,
    stroke: colour("--text-2"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
  };
  return {
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone),
    // Half of the last label is beyond the last time.
    padding: [8, 32, 0, 0],
    cursor: {
      points: { show: kind !== "bars" },
      drag: { x: onSelect !== undefined, y: false, setScale: false },
    },
    legend: { show: series.length > 0 },
    scales: {
      x: { time: true, range: (_, min, max) => timeLimits(read(), min, max) },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] },
    },
    axes: [
      { ...axis, values: timeLabels, space: 70 },
      { ...axis, size: 64, values: (_, values) => values.map(format), space: 36 },
    ],
    series: [
      { label: "Time", value: "{YYYY}-{MM}-{DD} {HH}:{mm}:{ss}" },
      ...series.map(({ label }, index) => {
        const stroke = colour(`--chart-${(index % COLOURS) + 1}`);
        return {
          label,
          stroke,
          width: kind === "bars" ? 0 : 1.5,
          ...(kind !== "line" && { fill: read().isStacked || kind === "bars" ? stroke : `${stroke}33` }),
          ...(kind === "bars" && bars && { paths: bars }),
          points: { show: false },
          // A stacked chart draws sums; the legend has each value by itself.
          value: (_: uPlot, __: number | null, ___: number, at: number | null) => {
            const value = at === null ? undefined : read().series[index]?.values[at];
            return value === undefined || value === null ? "–" : format(value);
          },
        };
      }),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 3) return;
          read().onSelect?.(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Bars are as wide as their bucket, so the axis is half a bucket longer on each side. */
function timeLimits({ window, kind, times }: Chart, min: number, max: number): [number, number] {
  if (window) return [window[0], window[1]];
  const half = kind === "bars" && times.length > 1 ? (max - min) / (times.length - 1) / 2 : 0;
  return [min - half, max + half];
}

/** Labels of the time axis by the distance between them, with the date where it changes; 24 hours in each language. */
const timeLabels: uPlot.Axis.Values = [
  [3_600 * 24 * 365, "{YYYY}", null, null, null, null, null, null, 1],
  [3_600 * 24 * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [3_600 * 24, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
];
