import { printExact } from "../../api/exact.ts";
import { formatDuration } from "../../app/format.ts";
import { current, navigate, viewUrl, withValues } from "../../app/location.ts";
import type { Column } from "../../components/data-table.tsx";
import { Time } from "../../components/time.tsx";
import type { StoredEvent } from "./feed.ts";

const MOST_CHARACTERS = 120;

/** The columns of the list. @param hasClients true if events of several clients may be in it */
export const columns = (hasClients: boolean, zone: string): readonly Column<StoredEvent>[] => [
  { key: "time", title: "Time", cell: ({ timestamp }) => <Time at={timestamp} zone={zone} /> },
  { key: "type", title: "Type", cell: ({ event_type }) => event_type },
  { key: "id", title: "Event", isHeader: true, cell: (event) => <EventLink event={event} /> },
  ...(hasClients
    ? [{ key: "client", title: "Client", isMinor: true, cell: ({ client_id }: StoredEvent) => client_id }]
    : []),
  {
    key: "latency",
    title: "Stored after",
    isNumber: true,
    isMinor: true,
    cell: ({ processing_latency_ms: ms }) => (ms === null ? "–" : formatDuration(ms)),
  },
  {
    key: "payload",
    title: "Payload",
    isMinor: true,
    cell: ({ payload }) => <code class="one-line">{shorten(payload)}</code>,
  },
];

/** A link that opens the event beside the list, and can be sent to a colleague. */
function EventLink({ event: { event_id, client_id } }: { event: StoredEvent }) {
  const query = withValues(current.value.query, { event: event_id, of: client_id });
  const href = `${viewUrl("events")}?${query}`;
  return (
    <a
      href={href}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        navigate(href);
      }}
    >
      <code>{event_id}</code>
    </a>
  );
}

function shorten(payload: unknown): string {
  const text = printExact(payload).replace(/\n\s*/g, " ");
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)} …` : text;
}
