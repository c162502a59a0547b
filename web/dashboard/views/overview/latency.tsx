import type { Result } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { formatCount, formatDuration } from "../../app/format.ts";
import { rangeQuery, type TimeRange } from "../../app/time-range.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { HttpPanel } from "../../components/http-panel.tsx";
import { Loaded } from "../../components/loaded.tsx";

type Latency = Result<"getLatency">;
type Row = Latency & { label: string };

const duration = (ms: number | null): string => (ms === null ? "–" : formatDuration(ms));
const COLUMNS: readonly Column<Row>[] = [
  { key: "label", title: "Of", isHeader: true, cell: ({ label }) => label },
  { key: "p50", title: "p50", isNumber: true, cell: ({ p50_ms }) => duration(p50_ms) },
  { key: "p95", title: "p95", isNumber: true, cell: ({ p95_ms }) => duration(p95_ms) },
  { key: "p99", title: "p99", isNumber: true, cell: ({ p99_ms }) => duration(p99_ms) },
  { key: "max", title: "Maximum", isNumber: true, isMinor: true, cell: ({ max_ms }) => duration(max_ms) },
  { key: "count", title: "Events", isNumber: true, isMinor: true, cell: ({ count }) => formatCount(count) },
];
const REFRESH_MS = 10_000;

/** How long events took from received to stored: in the range of the view, and ever. */
export function LatencyTable({ client, range }: { client: string | undefined; range: TimeRange }) {
  const who = client === undefined ? {} : { client };
  const inRange = { query: { ...rangeQuery(range), ...who } };
  const recent = useApi("getLatency", inRange, { refreshMs: REFRESH_MS });
  const ever = useApi("getLatency", { query: who }, { refreshMs: 6 * REFRESH_MS });
  const rows = (data: Latency): Row[] => [
    { ...data, label: "time range" },
    ...(ever.data ? [{ ...ever.data, label: "all time" }] : []),
  ];
  return (
    <section class="card" aria-labelledby="latency">
      <div class="card-head">
        <h2 id="latency">From received to stored</h2>
      </div>
      <Loaded of={recent}>
        {(data) => (
          <>
            <DataTable
              caption="Time from received to stored"
              columns={COLUMNS}
              rows={rows(data)}
              rowKey={({ label }) => label}
            />
            <p class="hint space-above">
              Percentiles are exact to {data.relative_error * 100} %. A range selects by the time in the
              event.
            </p>
          </>
        )}
      </Loaded>
      <HttpPanel id="getLatency" parameters={inRange} />
    </section>
  );
}
