/** One event: its payload, receipt and audit entry. */
import type { ComponentChildren } from "preact";
import { useApi } from "../../api/use-api.ts";
import { formatCount, formatDuration } from "../../app/format.ts";
import { useUrlState } from "../../app/location.ts";
import { hasScope } from "../../app/session.ts";
import { Dialog } from "../../components/dialog.tsx";
import { HttpPanel } from "../../components/http-panel.tsx";
import { JsonView } from "../../components/json-view.tsx";
import { KeyValues } from "../../components/key-values.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { Notice } from "../../components/notice.tsx";
import { Time } from "../../components/time.tsx";
import type { StoredEvent } from "./feed.ts";

/** The event that the URL names with `event` and `of`, its client. */
export function EventDrawer({ zone }: { zone: string }) {
  const state = useUrlState();
  const id = state.get("event");
  if (id === undefined) return null;
  const close = (): void => state.set({ event: undefined, of: undefined });
  return (
    <Dialog key={id} title="Event" onClose={close} isWide>
      <Details id={id} client={state.get("of")} zone={zone} />
    </Dialog>
  );
}

/** Ids that can't be part of a path: the API finds them by `GET /v1/events?event_id=`. */
const isOutsidePaths = (id: string): boolean =>
  id === "." || id === ".." || id === "export" || id.includes("/");

function Details({ id, client, zone }: { id: string; client: string | undefined; zone: string }) {
  const who = client !== undefined && hasScope("admin") ? { client } : {};
  const isListed = isOutsidePaths(id);
  const one = useApi("getEvent", isListed ? undefined : { path: { event_id: id }, query: who });
  const listed = useApi("listEvents", isListed ? { query: { event_id: id, ...who, limit: 1 } } : undefined);
  const answer = isListed ? { ...listed, data: listed.data?.events[0] } : one;
  if (isListed && listed.data?.events.length === 0)
    return <Notice kind="info" title="There is no such event" />;
  return (
    <Loaded of={answer}>
      {(event) => (
        <div class="stack">
          <Facts event={event} zone={zone} />
          <Part title="Payload">
            <JsonView value={event.payload} label="payload" />
          </Part>
          <Receipt event={event} zone={zone} />
          <AuditEntry event={event} zone={zone} />
          {isListed ? (
            <HttpPanel id="listEvents" parameters={{ query: { event_id: id, ...who } }} />
          ) : (
            <HttpPanel id="getEvent" parameters={{ path: { event_id: id }, query: who }} />
          )}
        </div>
      )}
    </Loaded>
  );
}

const Part = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <section>
    <h3 class="part-title">{title}</h3>
    {children}
  </section>
);

const Facts = ({ event, zone }: { event: StoredEvent; zone: string }) => (
  <KeyValues
    entries={{
      Id: <code>{event.event_id}</code>,
      Type: event.event_type,
      Client: event.client_id,
      Time: <Time at={event.timestamp} zone={zone} />,
      Received: <Time at={event.received_at} zone={zone} />,
      Stored:
        event.processed_at === null ? (
          "not yet"
        ) : (
          <>
            <Time at={event.processed_at} zone={zone} />
            {event.processing_latency_ms !== null && (
              <span class="hint"> after {formatDuration(event.processing_latency_ms)}</span>
            )}
          </>
        ),
      Status: <span class={`status ${event.status === "stored" ? "good" : "warn"}`}>{event.status}</span>,
      Reason: event.reason,
      Trace: event.traceparent && <code>{event.traceparent}</code>,
    }}
  />
);

function Receipt({ event: { receipt_id }, zone }: { event: StoredEvent; zone: string }) {
  const receipt = useApi("getReceipt", { path: { receipt_id } });
  return (
    <Part title="Receipt of its request">
      <Loaded of={receipt}>
        {(data) => (
          <KeyValues
            entries={{
              Receipt: <code>{data.receipt_id}</code>,
              Events: `${formatCount(data.accepted)} accepted = ${formatCount(data.stored)} stored + ${formatCount(data.duplicates)} duplicates + ${formatCount(data.quarantined)} quarantined + ${formatCount(data.pending)} pending`,
              Complete: data.completed_at === null ? "not yet" : <Time at={data.completed_at} zone={zone} />,
            }}
          />
        )}
      </Loaded>
    </Part>
  );
}

/** The request has one id: it is the receipt's, and that of the audit entry. */
function AuditEntry({ event: { receipt_id }, zone }: { event: StoredEvent; zone: string }) {
  const mayRead = hasScope("audit");
  const audit = useApi("listAudit", mayRead ? { query: { request_id: receipt_id, limit: 1 } } : undefined);
  return (
    <Part title="Audit entry">
      {mayRead ? (
        <Loaded of={audit}>
          {({ entries: [entry] }) =>
            entry ? (
              <KeyValues
                entries={{
                  Call: (
                    <code>
                      {entry.method} {entry.path}
                    </code>
                  ),
                  Answer: `${entry.status} after ${formatDuration(entry.duration_ms)}`,
                  At: <Time at={entry.at} zone={zone} />,
                  Key: entry.key_prefix && <code>{entry.key_prefix}…</code>,
                  From: entry.address,
                  "User agent": entry.user_agent,
                  Seal: `lane ${entry.lane}, seal ${formatCount(entry.seal)}, leaf ${formatCount(entry.leaf)}`,
                }}
              />
            ) : (
              <p class="hint">There is no entry for this request. Entries appear shortly after the call.</p>
            )
          }
        </Loaded>
      ) : (
        <p class="hint">A key with the scope audit shows who sent the event, and when.</p>
      )}
    </Part>
  );
}
