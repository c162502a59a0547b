import type { Result } from "../../api/client.ts";
import { usePages } from "../../api/use-api.ts";
import { type Column, DataTable, LoadMore } from "../../components/data-table.tsx";
import { Empty, Loading } from "../../components/loaded.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Time } from "../../components/time.tsx";

type StoredEvent = Result<"listEvents">["events"][number];

const COLUMNS: readonly Column<StoredEvent>[] = [
  { key: "id", title: "Event", isHeader: true, cell: (event) => <code>{event.event_id}</code> },
  { key: "type", title: "Type", cell: (event) => event.event_type },
  { key: "time", title: "Time", cell: (event) => <Time at={event.timestamp} /> },
];
const pick = ({ events }: Result<"listEvents">) => events;

/** The events, newest first. */
export function EventsView() {
  const pages = usePages("listEvents", { query: { limit: 100 } }, pick);
  return (
    <>
      <PageHeader title="Events" />
      {pages.error !== undefined && <ErrorNotice error={pages.error} retry={pages.reload} />}
      {pages.isLoading && pages.rows.length === 0 && <Loading />}
      {!pages.isLoading && pages.rows.length === 0 && <Empty title="There are no events" />}
      {pages.rows.length > 0 && (
        <DataTable
          caption="Events, newest first"
          columns={COLUMNS}
          rows={pages.rows}
          rowKey={(event) => `${event.client_id} ${event.event_id}`}
        />
      )}
      <LoadMore pages={pages} />
    </>
  );
}
