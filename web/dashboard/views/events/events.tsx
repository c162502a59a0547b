/** The events, newest first, as they arrive. */
import { useMemo, useState } from "preact/hooks";
import { useUrlState } from "../../app/location.ts";
import { hasScope } from "../../app/session.ts";
import { rangeQuery, useTimeRange } from "../../app/time-range.ts";
import { Button } from "../../components/button.tsx";
import { DataTable, LoadMore } from "../../components/data-table.tsx";
import { FilterBar, ListFilter, TextFilter } from "../../components/filters.tsx";
import { HttpPanel } from "../../components/http-panel.tsx";
import { Empty, Loading } from "../../components/loaded.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { TimeRangePicker } from "../../components/time-range-picker.tsx";
import { Announcer } from "./announcer.tsx";
import { columns } from "./columns.tsx";
import { checkCondition } from "./condition.ts";
import { EventDrawer } from "./drawer.tsx";
import { keyOf, MOST_ROWS } from "./rows.ts";
import { isFollowed, useLiveEvents } from "./use-live-events.ts";

const FILTERS = ["client", "type", "id", "where"] as const;

export function EventsView() {
  const state = useUrlState();
  const range = useTimeRange("all");
  const query = useMemo(() => {
    const where = state.all("where");
    const texts = { client: state.get("client"), event_type: state.get("type"), event_id: state.get("id") };
    const { start, end } = rangeQuery(range);
    // A range that ends now has no end here: what arrives belongs to it.
    const isOpen = range.name !== "custom";
    return {
      ...Object.fromEntries(Object.entries(texts).filter(([, value]) => value !== undefined)),
      ...(start !== undefined && { start }),
      ...(end !== undefined && !isOpen && { end }),
      ...(where.length > 0 && { where }),
    };
  }, [state, range]);
  const [isPaused, setPaused] = useState(false);
  const live = useLiveEvents(query, !isPaused);
  const canFollow = isFollowed(query);
  const isAdmin = hasScope("admin");
  const shown = useMemo(() => columns(isAdmin, range.tz), [isAdmin, range.tz]);
  const { events, arrived, isCut } = live.rows;
  return (
    <>
      <PageHeader
        title="Events"
        actions={
          canFollow && (
            <>
              <span class={`status ${isPaused ? "" : "good"}`}>{isPaused ? "paused" : "live"}</span>
              <Button aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
                {isPaused ? "Resume" : "Pause"}
              </Button>
            </>
          )
        }
      >
        Newest first{canFollow && !isPaused && ", and new ones as they arrive"}
      </PageHeader>
      <FilterBar clears={FILTERS}>
        <TextFilter name="type" label="Type" placeholder="All types" />
        {isAdmin && <TextFilter name="client" label="Client" placeholder="All clients" />}
        <TextFilter name="id" label="Event id" placeholder="Any id" />
        <TimeRangePicker range={range} isOpenAllowed />
        <ListFilter
          name="where"
          label="Property"
          placeholder="payload.magnitude>=4.5"
          check={checkCondition}
        />
      </FilterBar>
      {live.error !== undefined && <ErrorNotice error={live.error} retry={live.reload} />}
      {live.hasSkipped && (
        <p class="hint space-below">Events arrive faster than the page shows them; some are left out.</p>
      )}
      {events.length > 0 && (
        <div class={live.isLoading ? "loaded stale" : "loaded"} aria-busy={live.isLoading}>
          <DataTable
            caption="Events, newest first"
            columns={shown}
            rows={events}
            rowKey={keyOf}
            isSelected={(event) => event.event_id === state.get("event")}
            rowClass={(event) => (arrived.has(keyOf(event)) ? "arrived" : undefined)}
          />
        </div>
      )}
      {events.length === 0 && (live.isLoading ? <Loading /> : live.error === undefined && <NoEvents />)}
      <LoadMore pages={live} />
      {isCut && <p class="hint space-above">The page keeps {MOST_ROWS} events. Filters show older ones.</p>}
      <div class="space-above">
        <HttpPanel id="listEvents" parameters={{ query }} />
      </div>
      <Announcer count={arrived.size} />
      <EventDrawer zone={range.tz} />
    </>
  );
}

function NoEvents() {
  const state = useUrlState();
  const isFiltered = [...FILTERS, "range", "start", "end"].some((name) => state.get(name) !== undefined);
  return (
    <Empty title={isFiltered ? "No event matches the filters" : "There are no events yet"}>
      <p>
        {isFiltered
          ? "New ones that match appear here by themselves."
          : "Send one, and it appears here by itself: "}
        {!isFiltered && <a href="/docs/first-event">how to send an event</a>}
      </p>
    </Empty>
  );
}
