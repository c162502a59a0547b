import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { onThemeChange } from "../app/theme.ts";
import { chartOptions } from "./chart-options.ts";
import { type ChartSeries, stack } from "./stack.ts";

export type { ChartSeries };

interface Props {
  /** What the chart shows, as its heading. */
  title: string;
  /** One sentence with what a reader should see, for those who don't see the chart. */
  summary: string;
  /** Seconds since the Unix epoch, ascending. */
  times: readonly number[];
  series: readonly ChartSeries[];
  /** Time zone of the axis. */
  zone: string;
  kind?: "line" | "area" | "bars";
  /** Adds the series up. */
  isStacked?: boolean;
  /** Formats a value with its unit. */
  format?: (value: number) => string;
  height?: number;
  /** Limits of the time axis in seconds, if not those of the data. */
  window?: readonly [number, number];
  /** Called with the range in seconds that the user selected by dragging. */
  onSelect?: (start: number, end: number) => void;
}

/** A chart over time, with its values beside the pointer in a legend, and a sentence in its place for screen readers. */
export function Chart(props: Props) {
  const { title, summary, times, series, isStacked = false, height = 220, window: limits } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const names = series.map(({ label }) => label).join("\n");
  const data = [
    times,
    ...(isStacked ? stack(series) : series.map(({ values }) => values)),
  ] as uPlot.AlignedData;
  const shown = useRef(data);
  shown.current = data;

  // Other series need another chart; the rest is read when it draws.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const draw = (): void => {
      plot.current?.destroy();
      const options = chartOptions(() => latest.current, element);
      plot.current = new uPlot({ ...options, width: element.clientWidth, height }, shown.current, element);
    };
    draw();
    const resize = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientWidth !== plot.current?.width)
        plot.current?.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    const stop = onThemeChange(draw);
    return () => {
      resize.disconnect();
      stop();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names, props.kind, isStacked, height, props.zone]);

  // `data` is made from these.
  useEffect(() => {
    plot.current?.setData(shown.current);
  }, [times, series, limits?.[0], limits?.[1]]);

  return (
    <figure class="chart">
      <figcaption>
        <span class="chart-title">{title}</span>
        <span class="visually-hidden">{summary}</span>
      </figcaption>
      <div ref={box} class="chart-box" aria-hidden="true" />
    </figure>
  );
}
