import { useEffect, useRef } from "preact/hooks";
import { WeirError } from "../../api/client.ts";
import { formatDuration } from "../../app/format.ts";
import { useUrlState } from "../../app/location.ts";
import { Button } from "../../components/button.tsx";
import { download } from "../../components/csv.ts";
import { JsonView } from "../../components/json-view.tsx";
import { KeyValues } from "../../components/key-values.tsx";
import { Loading } from "../../components/loaded.tsx";
import { ErrorNotice, Notice } from "../../components/notice.tsx";
import { Time } from "../../components/time.tsx";
import type { Proof } from "./check-proof.ts";
import { ProofSteps } from "./proof-steps.tsx";
import { rowId } from "./row-id.ts";
import { useProof } from "./use-proof.ts";

/** One call: what the log has of it, and its proof, checked in the browser. */
export function EntryPanel({ requestId, zone }: { requestId: string; zone: string }) {
  const state = useUrlState();
  const { proof, text, error, reload } = useProof(requestId);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const close = (): void => {
    state.set({ entry: undefined });
    document.getElementById(rowId(requestId))?.focus();
  };
  return (
    <section class="card stack" aria-labelledby="entry-heading">
      <header class="answer-header">
        <h2 id="entry-heading" ref={heading} tabIndex={-1}>
          One call
        </h2>
        <div class="actions">
          {text !== undefined && (
            <Button onClick={() => download(`proof-${requestId}.json`, text, "application/json")}>
              Save the proof
            </Button>
          )}
          <Button onClick={close}>Close</Button>
        </div>
      </header>
      {error !== undefined && (
        <>
          <ErrorNotice error={error} retry={reload} />
          {error instanceof WeirError && error.status === 404 && (
            <Notice kind="info" title="A call that was just made appears after some seconds">
              <p>It is sealed when the worker has taken it from the queue.</p>
            </Notice>
          )}
        </>
      )}
      {proof === undefined && error === undefined && <Loading label="Loading the proof" />}
      {proof !== undefined && (
        <>
          <ProofSteps proof={proof} requestId={requestId} />
          <EntryFields proof={proof} zone={zone} />
        </>
      )}
    </section>
  );
}

function EntryFields({ proof: { entry, personal }, zone }: { proof: Proof; zone: string }) {
  const erased = <span class="hint">erased</span>;
  return (
    <section aria-label="Entry">
      <h3>The entry as it was hashed</h3>
      <KeyValues
        entries={{
          "Request id": <code>{entry.request_id}</code>,
          Time: <Time at={entry.at} zone={zone} />,
          Call: (
            <code>
              {entry.method} {entry.path}
            </code>
          ),
          Route: <code>{entry.route}</code>,
          Status: entry.status,
          Client: entry.client_id,
          Key: entry.key_prefix === null ? null : <code>{entry.key_prefix}</code>,
          Took: formatDuration(entry.duration_ms),
          "Bytes in": String(entry.bytes_in),
          "Bytes out": entry.bytes_out === null ? null : String(entry.bytes_out),
          Address: personal === null ? erased : personal.address,
          "User agent": personal === null ? erased : personal.user_agent,
        }}
      />
      {entry.change !== null && <JsonView value={entry.change} label="What it changed" />}
    </section>
  );
}
