import { useMemo } from "preact/hooks";
import type { Result } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { formatCount } from "../../app/format.ts";
import { rangeQuery, type TimeRange } from "../../app/time-range.ts";
import { Chart } from "../../components/chart.tsx";
import { HttpPanel } from "../../components/http-panel.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { intervalFor, toSeries } from "./buckets.ts";

const REFRESH_MS = 15_000;

/** Events over the range of the view, by their own time and by type. */
export function Volume({ client, range }: { client: string | undefined; range: TimeRange }) {
  const interval = intervalFor(range);
  const parameters = {
    query: {
      interval,
      by: "event_type" as const,
      limit: 6,
      tz: range.tz,
      ...rangeQuery(range),
      ...(client !== undefined && { client }),
    },
  };
  const series = useApi("getSeries", parameters, { refreshMs: REFRESH_MS });
  return (
    <section class="card" aria-labelledby="volume">
      <div class="card-head">
        <h2 id="volume">Events by {interval}</h2>
      </div>
      <Loaded of={series}>{(data) => <Bars data={data} range={range} />}</Loaded>
      <HttpPanel id="getSeries" parameters={parameters} />
    </section>
  );
}

function Bars({ data, range }: { data: Result<"getSeries">; range: TimeRange }) {
  const { times, series } = useMemo(() => toSeries(data.series), [data]);
  const total = data.series.reduce((sum, { count }) => sum + count, 0);
  return (
    <Chart
      title={`${formatCount(total)} events, by the time in the event`}
      summary={`${formatCount(total)} events from ${data.start} to ${data.end}: ${series
        .map(({ label, values }) => `${label} ${formatCount(values.reduce((sum, value) => sum + value, 0))}`)
        .join(", ")}.`}
      times={times}
      series={series}
      zone={range.tz}
      kind="bars"
      isStacked
      format={formatCount}
      height={200}
    />
  );
}
