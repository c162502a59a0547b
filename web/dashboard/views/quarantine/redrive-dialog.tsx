import { useEffect, useRef, useState } from "preact/hooks";
import { useAction } from "../../api/use-action.ts";
import { formatCount } from "../../app/format.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorNotice, Notice } from "../../components/notice.tsx";
import { type Chosen, describeOutcome, type Outcome, redrive } from "./redrive.ts";

/** Asks before events go back into the queue, and says what came of it. */
export function RedriveDialog({ chosen, onClose }: { chosen: Chosen; onClose(): void }) {
  const [redriven, setRedriven] = useState(0);
  const [outcome, setOutcome] = useState<Outcome>();
  const action = useAction(async () => setOutcome(await redrive(chosen, setRedriven)));
  const done = useRef<HTMLDivElement>(null);
  // The button that had the focus is gone, and the outcome is read out.
  useEffect(() => {
    if (outcome !== undefined) done.current?.focus();
  }, [outcome]);
  return (
    <Dialog title="Redrive" onClose={onClose}>
      {outcome === undefined ? (
        <div class="stack">
          <p>
            {describeChosen(chosen)} will go through the queue again and be stored exactly once. If PostgreSQL
            still refuses an event, it stays in quarantine: mend the reason first.
          </p>
          <div role="status">
            {action.isBusy && <p>{formatCount(redriven)} put back. Waiting for the worker …</p>}
          </div>
          {action.error !== undefined && <ErrorNotice error={action.error} />}
        </div>
      ) : (
        <div ref={done} tabIndex={-1}>
          <Notice kind={outcome.left === 0 && outcome.redriven > 0 ? "info" : "warning"} title="Done">
            <p>{describeOutcome(outcome)}</p>
          </Notice>
        </div>
      )}
      <div class="dialog-actions">
        <Button onClick={onClose}>{outcome === undefined ? "Cancel" : "Close"}</Button>
        {outcome === undefined && (
          <Button kind="primary" isBusy={action.isBusy} onClick={() => void action.run()}>
            Redrive
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function describeChosen({ event, reason, client, count }: Chosen): string {
  if (event !== undefined) return `The event ${event.event_id ?? event.event_key}`;
  const events = count === 1 ? "The one event" : `All ${formatCount(count)} events`;
  const of = client === undefined ? "" : ` of the client ${client}`;
  return `${events}${of}${reason === undefined ? " in quarantine" : ` with the reason ${reason}`}`;
}
