import type { Result } from "../../api/client.ts";
import { usePages } from "../../api/use-api.ts";
import { useUrlState } from "../../app/location.ts";
import { hasScope } from "../../app/session.ts";
import { rangeQuery, useTimeRange } from "../../app/time-range.ts";
import { LoadMore } from "../../components/data-table.tsx";
import { FilterBar, SelectFilter, TextFilter } from "../../components/filters.tsx";
import { HttpPanel } from "../../components/http-panel.tsx";
import { Empty, Loading } from "../../components/loaded.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TimeRangePicker } from "../../components/time-range-picker.tsx";
import { Entries, type Entry } from "./entries.tsx";
import { EntryPanel } from "./entry-panel.tsx";
import { VerifyPanel } from "./verify-panel.tsx";

const FILTERS = ["client", "method", "status", "path"] as const;
const METHODS = {
  "": "All",
  GET: "GET",
  POST: "POST",
  PATCH: "PATCH",
  DELETE: "DELETE",
  CLI: "CLI",
  INVOKE: "INVOKE",
};
const STATUSES = ["2xx", "4xx", "5xx", "202", "401", "403", "404", "422", "429", "503"];
const pick = ({ entries }: Result<"listAudit">): readonly Entry[] => entries;

/** Who called what, the proof of each call, and a verification of all of them. */
export function AuditView() {
  const state = useUrlState();
  const range = useTimeRange("24h");
  const filters = Object.fromEntries(
    FILTERS.map((name) => [name, state.get(name)] as const).filter(([, value]) => value !== undefined),
  );
  const parameters = { query: { ...filters, ...rangeQuery(range), limit: 50 } };
  const pages = usePages("listAudit", parameters, pick);
  const chosen = state.get("entry");
  return (
    <>
      <PageHeader title="Audit">
        Every call to the API, in a log that proves itself. <a href="/docs/audit">How it works</a>
      </PageHeader>
      <div class="stack">
        <VerifyPanel range={range} />
        {chosen !== undefined && <EntryPanel key={chosen} requestId={chosen} zone={range.tz} />}
        <section aria-label="Calls">
          <FilterBar clears={FILTERS}>
            <TimeRangePicker range={range} isOpenAllowed />
            {hasScope("admin") && <TextFilter name="client" label="Client" placeholder="All" />}
            <SelectFilter name="method" label="Method" options={METHODS} />
            <TextFilter name="status" label="Status" placeholder="429 or 4xx" options={STATUSES} />
            <TextFilter name="path" label="Path" placeholder="/v1/events or /v1/*" />
          </FilterBar>
          {pages.error !== undefined && <ErrorNotice error={pages.error} retry={pages.reload} />}
          {pages.isLoading && pages.rows.length === 0 && <Loading />}
          {!pages.isLoading && pages.error === undefined && pages.rows.length === 0 && (
            <Empty title="No call matches">
              <p>Choose a longer time range, or clear the filters.</p>
            </Empty>
          )}
          {pages.rows.length > 0 && <Entries rows={pages.rows} chosen={chosen} zone={range.tz} />}
          <LoadMore pages={pages} />
          <HttpPanel id="listAudit" parameters={parameters} />
        </section>
      </div>
    </>
  );
}
