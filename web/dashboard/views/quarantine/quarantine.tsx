import { useState } from "preact/hooks";
import type { Result } from "../../api/client.ts";
import { useApi, usePages } from "../../api/use-api.ts";
import { formatCount } from "../../app/format.ts";
import { useUrlState } from "../../app/location.ts";
import { useTimeRange } from "../../app/time-range.ts";
import { Button } from "../../components/button.tsx";
import { type Column, DataTable, LoadMore } from "../../components/data-table.tsx";
import { FilterBar, TextFilter } from "../../components/filters.tsx";
import { HttpPanel } from "../../components/http-panel.tsx";
import { Empty, Loading } from "../../components/loaded.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Time } from "../../components/time.tsx";
import { ZonePicker } from "../../components/time-range-picker.tsx";
import { EventPanel } from "./event-panel.tsx";
import { type Chosen, countOf, type Quarantined, type Reasons } from "./redrive.ts";
import { RedriveDialog } from "./redrive-dialog.tsx";

const pick = ({ events }: Result<"listQuarantine">): readonly Quarantined[] => events;
const NO_REASONS: Reasons = [];

/** Events that PostgreSQL refused, by reason, and how to put them back. */
export function QuarantineView() {
  const state = useUrlState();
  const { tz } = useTimeRange("30d");
  const [client, reason, chosenKey] = ["client", "reason", "event"].map((name) => state.get(name));
  const [redriving, setRedriving] = useState<Chosen>();
  const scope = client === undefined ? {} : { client };
  const parameters = { query: { ...scope, ...(reason !== undefined && { reason }), limit: 50 } };
  const pages = usePages("listQuarantine", parameters, pick);
  const counts = useApi("listQuarantine", { query: { ...scope, limit: 1 } });
  const reasons = counts.data?.reasons ?? NO_REASONS;
  const reload = (): void => {
    pages.reload();
    counts.reload();
  };
  const redriveAll = (of: string | undefined): void =>
    setRedriving({ client, reason: of, event: undefined, count: countOf(reasons, of) });
  const shown = pages.rows.find((event) => keyOf(event) === chosenKey);
  return (
    <>
      <PageHeader
        title="Quarantine"
        actions={
          reasons.length > 0 && <Button onClick={() => redriveAll(undefined)}>Redrive all reasons</Button>
        }
      >
        Events that were accepted, but that PostgreSQL refused to store. None of them is lost.
      </PageHeader>
      <div class="stack">
        <FilterBar clears={["client", "reason"]}>
          <TextFilter name="client" label="Client" placeholder="All" />
          <ZonePicker zone={tz} />
        </FilterBar>
        {reasons.length > 0 && <ReasonTable reasons={reasons} chosen={reason} onRedrive={redriveAll} />}
        {chosenKey !== undefined && (
          <EventPanel
            key={chosenKey}
            eventKey={chosenKey}
            known={shown}
            zone={tz}
            onRedrive={(event) => setRedriving({ client, reason: undefined, event, count: 1 })}
          />
        )}
        {pages.error !== undefined && <ErrorNotice error={pages.error} retry={reload} />}
        {pages.isLoading && pages.rows.length === 0 && <Loading />}
        {!pages.isLoading && pages.error === undefined && pages.rows.length === 0 && (
          <Empty title={reason === undefined ? "Nothing is in quarantine" : "No event with this reason"}>
            <p>Every accepted event was stored, was a duplicate, or is still in the queue.</p>
          </Empty>
        )}
        {pages.rows.length > 0 && <Events rows={pages.rows} chosen={chosenKey} zone={tz} />}
        <LoadMore pages={pages} />
        <HttpPanel id="listQuarantine" parameters={parameters} />
      </div>
      {redriving && (
        <RedriveDialog
          chosen={redriving}
          onClose={() => {
            setRedriving(undefined);
            reload();
          }}
        />
      )}
    </>
  );
}

/** Names an event in the URL: ids are unique within a client only. */
const keyOf = ({ client_id, event_key }: Quarantined): string => `${client_id}/${event_key}`;

interface ReasonProps {
  reasons: Reasons;
  chosen: string | undefined;
  onRedrive(reason: string): void;
}

function ReasonTable({ reasons, chosen, onRedrive }: ReasonProps) {
  const state = useUrlState();
  const columns: readonly Column<Reasons[number]>[] = [
    {
      key: "reason",
      title: "Reason",
      isHeader: true,
      cell: ({ reason }) => (
        <button
          type="button"
          class="link-button"
          aria-pressed={reason === chosen}
          onClick={() => state.set({ reason: reason === chosen ? undefined : reason })}
        >
          <code>{reason}</code>
        </button>
      ),
    },
    { key: "count", title: "Events", isNumber: true, cell: ({ count }) => formatCount(count) },
    {
      key: "redrive",
      title: "Redrive",
      cell: ({ reason }) => (
        <Button onClick={() => onRedrive(reason)} aria-label={`Redrive all with the reason ${reason}`}>
          Redrive
        </Button>
      ),
    },
  ];
  return (
    <DataTable
      caption="Reasons"
      columns={columns}
      rows={reasons}
      rowKey={({ reason }) => reason}
      isSelected={({ reason }) => reason === chosen}
    />
  );
}

interface EventsProps {
  rows: readonly Quarantined[];
  chosen: string | undefined;
  zone: string;
}

function Events({ rows, chosen, zone }: EventsProps) {
  const state = useUrlState();
  const columns: readonly Column<Quarantined>[] = [
    {
      key: "event",
      title: "Event",
      isHeader: true,
      cell: (event) => (
        <button type="button" class="link-button" onClick={() => state.set({ event: keyOf(event) })}>
          <code>{event.event_id ?? "unreadable"}</code>
        </button>
      ),
    },
    { key: "type", title: "Type", cell: ({ event_type }) => event_type },
    { key: "client", title: "Client", cell: ({ client_id }) => client_id },
    { key: "reason", title: "Reason", cell: ({ reason }) => <code>{reason}</code> },
    { key: "detail", title: "Detail", isMinor: true, cell: ({ detail }) => detail },
    { key: "at", title: "Since", cell: ({ quarantined_at }) => <Time at={quarantined_at} zone={zone} /> },
  ];
  return (
    <DataTable
      caption="Events in quarantine, newest first"
      columns={columns}
      rows={rows}
      rowKey={keyOf}
      isSelected={(event) => keyOf(event) === chosen}
    />
  );
}
