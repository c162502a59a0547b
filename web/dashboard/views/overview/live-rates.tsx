import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useApi } from "../../api/use-api.ts";
import { formatRate } from "../../app/format.ts";
import { session } from "../../app/session.ts";
import { localZone } from "../../app/zones.ts";
import { Chart } from "../../components/chart.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { ratesOf, type Sample, WINDOW_MS, withSample } from "./rates.ts";

const REFRESH_MS = 2_000;
const MOST_GROUPS = 100;

/** Samples outlive the view, so that the chart is still there when the user comes back. */
let kept: { of: string; samples: readonly Sample[] } = { of: "", samples: [] };

/** Events per second by type, as they are stored: one cheap question every two seconds, none while the tab is hidden. */
export function LiveRates({ client }: { client: string | undefined }) {
  const query = { by: "event_type" as const, limit: MOST_GROUPS, ...(client !== undefined && { client }) };
  const groups = useApi("groupEvents", { query }, { refreshMs: REFRESH_MS });
  const of = `${session.value?.key} ${client}`;
  const [samples, setSamples] = useState<readonly Sample[]>(kept.of === of ? kept.samples : []);
  const seen = useRef<unknown>(undefined);
  useEffect(() => {
    if (groups.data === undefined || groups.isLoading || seen.current === groups.data) return;
    seen.current = groups.data;
    const counts = new Map(groups.data.groups.map(({ event_type, count }) => [event_type ?? "", count]));
    const before = kept.of === of ? kept.samples : [];
    kept = { of, samples: withSample(before, { at: performance.now(), counts }) };
    setSamples(kept.samples);
  }, [groups.data, groups.isLoading, of]);
  const epochMs = performance.timeOrigin;
  const rates = useMemo(() => ratesOf(samples, epochMs), [samples, epochMs]);
  const end = ((samples.at(-1)?.at ?? performance.now()) + epochMs) / 1_000;
  const now = rates.latest === undefined ? "…" : formatRate(rates.latest);
  return (
    <section class="card" aria-labelledby="live-rates">
      <div class="card-head">
        <h2 id="live-rates">Events per second</h2>
        <p class="figure">
          <span class="figure-value" data-testid="rate">
            {now}
          </span>
          <span class="hint">now</span>
        </p>
      </div>
      {groups.error !== undefined && <ErrorNotice error={groups.error} retry={groups.reload} />}
      <Chart
        title="Stored in the last two minutes, by type"
        summary={summaryOf(rates)}
        times={rates.times}
        series={rates.series}
        zone={localZone()}
        kind="area"
        isStacked
        format={formatRate}
        window={[end - WINDOW_MS / 1_000, end]}
        height={200}
      />
    </section>
  );
}

function summaryOf({ latest, series }: ReturnType<typeof ratesOf>): string {
  if (latest === undefined) return "The rate is being measured.";
  const parts = series.map(({ label, values }) => `${label} ${formatRate(values.at(-1) ?? 0)}`);
  return `${formatRate(latest)} events per second now${parts.length > 0 ? `: ${parts.join(", ")}` : ""}.`;
}
