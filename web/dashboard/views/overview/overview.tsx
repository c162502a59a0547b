/** What the system does now. */
import { useApi } from "../../api/use-api.ts";
import { useUrlState } from "../../app/location.ts";
import { hasScope } from "../../app/session.ts";
import { useTimeRange } from "../../app/time-range.ts";
import { FilterBar, TextFilter } from "../../components/filters.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TimeRangePicker } from "../../components/time-range-picker.tsx";
import { Health } from "./health.tsx";
import { LatencyTable } from "./latency.tsx";
import { LiveRates } from "./live-rates.tsx";
import { Queue, Totals } from "./totals.tsx";
import { Volume } from "./volume.tsx";

const REFRESH_MS = 2_000;

export function OverviewView() {
  const client = useUrlState().get("client");
  const range = useTimeRange("24h", { follows: true });
  const parameters = { query: client === undefined ? {} : { client } };
  const pipeline = useApi("getPipeline", parameters, { refreshMs: REFRESH_MS });
  return (
    <>
      <PageHeader title="Overview">
        {client === undefined
          ? hasScope("admin")
            ? "All clients"
            : "Your client's events"
          : `Client ${client}`}
      </PageHeader>
      <div class="stack">
        <Loaded of={pipeline}>{(data) => <Totals pipeline={data} />}</Loaded>
        <div class="columns wide-first">
          <LiveRates key={client} client={client} />
          {pipeline.data && <Queue pipeline={pipeline.data} />}
        </div>
        <FilterBar clears={["client"]}>
          <TimeRangePicker range={range} />
          {hasScope("admin") && <TextFilter name="client" label="Client" placeholder="All clients" />}
        </FilterBar>
        <Volume client={client} range={range} />
        <div class="columns">
          <LatencyTable client={client} range={range} />
          <Health />
        </div>
      </div>
    </>
  );
}
