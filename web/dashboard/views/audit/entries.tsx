import type { Result } from "../../api/client.ts";
import { formatDuration } from "../../app/format.ts";
import { useUrlState } from "../../app/location.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { Time } from "../../components/time.tsx";
import { rowId } from "./row-id.ts";

export type Entry = Result<"listAudit">["entries"][number];

interface EntriesProps {
  rows: readonly Entry[];
  chosen: string | undefined;
  zone: string;
}

/** The calls as a table. Choosing one shows its proof. */
export function Entries({ rows, chosen, zone }: EntriesProps) {
  const state = useUrlState();
  const columns: readonly Column<Entry>[] = [
    { key: "at", title: "Time", cell: ({ at }) => <Time at={at} zone={zone} /> },
    {
      key: "call",
      title: "Call",
      isHeader: true,
      cell: ({ request_id, method, path }) => (
        <button
          type="button"
          id={rowId(request_id)}
          class="link-button"
          onClick={() => state.set({ entry: request_id })}
        >
          <code>
            {method} {path}
          </code>
        </button>
      ),
    },
    { key: "status", title: "Status", cell: ({ status }) => <Status status={status} /> },
    { key: "client", title: "Client", cell: ({ client_id }) => client_id ?? "unknown" },
    { key: "prefix", title: "Key", isMinor: true, cell: ({ key_prefix }) => <code>{key_prefix}</code> },
    {
      key: "duration",
      title: "Took",
      isNumber: true,
      isMinor: true,
      cell: ({ duration_ms }) => formatDuration(duration_ms),
    },
  ];
  return (
    <DataTable
      caption="Calls, newest first"
      columns={columns}
      rows={rows}
      rowKey={({ request_id }) => request_id}
      isSelected={({ request_id }) => request_id === chosen}
    />
  );
}

const Status = ({ status }: { status: number }) => (
  <span class={`status ${status < 400 ? "good" : status < 500 ? "warn" : "bad"}`}>{status}</span>
);
