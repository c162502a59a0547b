import { useEffect, useRef, useState } from "preact/hooks";
import { parseExact } from "../../api/exact.ts";
import { useUrlState } from "../../app/location.ts";
import { Button } from "../../components/button.tsx";
import { JsonView } from "../../components/json-view.tsx";
import { KeyValues } from "../../components/key-values.tsx";
import { Empty, Loading } from "../../components/loaded.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { Time } from "../../components/time.tsx";
import { findEvent, type Quarantined } from "./redrive.ts";

interface Props {
  /** `<client>/<event_key>`, from the URL. */
  eventKey: string;
  /** The event, if the list has it. */
  known: Quarantined | undefined;
  zone: string;
  onRedrive(event: Quarantined): void;
}

/** One quarantined event: why it was refused, and what it holds. */
export function EventPanel({ eventKey, known, zone, onRedrive }: Props) {
  const state = useUrlState();
  const [found, setFound] = useState<{ event: Quarantined | undefined }>();
  const [error, setError] = useState<unknown>();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  useEffect(() => {
    if (known !== undefined) return;
    let isCurrent = true;
    const [client = "", key = ""] = eventKey.split("/");
    findEvent(client, key).then(
      (event) => isCurrent && setFound({ event }),
      (fault: unknown) => isCurrent && setError(fault),
    );
    return () => {
      isCurrent = false;
    };
  }, [eventKey, known]);
  const event = known ?? found?.event;
  return (
    <section class="card stack" aria-labelledby="event-heading">
      <header class="answer-header">
        <h2 id="event-heading" ref={heading} tabIndex={-1}>
          One event
        </h2>
        <div class="actions">
          {event !== undefined && <Button onClick={() => onRedrive(event)}>Redrive this event</Button>}
          <Button onClick={() => state.set({ event: undefined })}>Close</Button>
        </div>
      </header>
      {error !== undefined && <ErrorNotice error={error} />}
      {event === undefined && found === undefined && error === undefined && <Loading />}
      {event === undefined && found !== undefined && (
        <Empty title="This event is not in quarantine">
          <p>It was stored, or turned out to be a duplicate.</p>
        </Empty>
      )}
      {event !== undefined && <Fields event={event} zone={zone} />}
    </section>
  );
}

function Fields({ event, zone }: { event: Quarantined; zone: string }) {
  return (
    <>
      <KeyValues
        entries={{
          Reason: <code>{event.reason}</code>,
          Detail: event.detail,
          Event: event.event_id === null ? "unreadable" : <code>{event.event_id}</code>,
          Type: event.event_type,
          Client: event.client_id,
          Timestamp: event.timestamp,
          Received: <Time at={event.received_at} zone={zone} />,
          "In quarantine since": <Time at={event.quarantined_at} zone={zone} />,
          Receipt: <code>{event.receipt_id}</code>,
        }}
      />
      {event.payload !== null && <Payload text={event.payload} />}
    </>
  );
}

/** The payload as JSON; as text if it is none, which may be why it was refused. */
function Payload({ text }: { text: string }) {
  try {
    return <JsonView value={parseExact(text)} label="Payload" />;
  } catch {
    return <pre>{text}</pre>;
  }
}
