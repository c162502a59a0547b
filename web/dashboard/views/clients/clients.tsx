import { useState } from "preact/hooks";
import type { Result } from "../../api/client.ts";
import { usePages } from "../../api/use-api.ts";
import { formatCount } from "../../app/format.ts";
import { useUrlState } from "../../app/location.ts";
import { useTimeRange } from "../../app/time-range.ts";
import { Button } from "../../components/button.tsx";
import { type Column, DataTable, LoadMore } from "../../components/data-table.tsx";
import { HttpPanel } from "../../components/http-panel.tsx";
import { Empty, Loading } from "../../components/loaded.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { PageHeader } from "../../components/page-header.tsx";
import { Time } from "../../components/time.tsx";
import { ClientPanel } from "./client-panel.tsx";
import { CreateClientDialog } from "./create-client-dialog.tsx";

type Client = Result<"listClients">["clients"][number];

const pick = ({ clients }: Result<"listClients">): readonly Client[] => clients;
const PARAMETERS = { query: { limit: 50 } };

/** The clients that send events, their limits, and their keys. */
export function ClientsView() {
  const state = useUrlState();
  const { tz } = useTimeRange("30d");
  const [isCreating, setCreating] = useState(false);
  const pages = usePages("listClients", PARAMETERS, pick);
  const chosen = state.get("client");
  return (
    <>
      <PageHeader
        title="Clients and keys"
        actions={
          <Button kind="primary" onClick={() => setCreating(true)}>
            Create a client
          </Button>
        }
      >
        A client is a program or a team that sends events. Each has limits and keys of its own.
      </PageHeader>
      <div class="stack">
        {chosen !== undefined && (
          <ClientPanel key={chosen} clientId={chosen} zone={tz} onChange={pages.reload} />
        )}
        {pages.error !== undefined && <ErrorNotice error={pages.error} retry={pages.reload} />}
        {pages.isLoading && pages.rows.length === 0 && <Loading />}
        {!pages.isLoading && pages.error === undefined && pages.rows.length === 0 && (
          <Empty title="There are no clients yet" />
        )}
        {pages.rows.length > 0 && <Clients rows={pages.rows} chosen={chosen} zone={tz} />}
        <LoadMore pages={pages} />
        <HttpPanel id="listClients" parameters={PARAMETERS} />
      </div>
      {isCreating && (
        <CreateClientDialog
          onClose={() => setCreating(false)}
          onCreated={(clientId) => {
            setCreating(false);
            pages.reload();
            state.set({ client: clientId });
          }}
        />
      )}
    </>
  );
}

interface Props {
  rows: readonly Client[];
  chosen: string | undefined;
  zone: string;
}

function Clients({ rows, chosen, zone }: Props) {
  const state = useUrlState();
  const columns: readonly Column<Client>[] = [
    {
      key: "id",
      title: "Client",
      isHeader: true,
      cell: ({ client_id }) => (
        <button type="button" class="link-button" onClick={() => state.set({ client: client_id })}>
          <code>{client_id}</code>
        </button>
      ),
    },
    { key: "name", title: "Name", cell: ({ name }) => name },
    {
      key: "active",
      title: "State",
      cell: ({ active }) => (
        <span class={`status ${active ? "good" : "bad"}`}>{active ? "Active" : "Inactive"}</span>
      ),
    },
    {
      key: "rate",
      title: "Events per second",
      isNumber: true,
      cell: ({ rate_limit_per_second }) => formatCount(rate_limit_per_second),
    },
    {
      key: "burst",
      title: "At once",
      isNumber: true,
      isMinor: true,
      cell: ({ burst }) => formatCount(burst),
    },
    {
      key: "created",
      title: "Created",
      isMinor: true,
      cell: ({ created_at }) => <Time at={created_at} zone={zone} />,
    },
  ];
  return (
    <DataTable
      caption="Clients"
      columns={columns}
      rows={rows}
      rowKey={({ client_id }) => client_id}
      isSelected={({ client_id }) => client_id === chosen}
    />
  );
}
