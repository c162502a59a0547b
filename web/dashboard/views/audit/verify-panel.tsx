import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../../api/client.ts";
import { formatCount } from "../../app/format.ts";
import { useUrlState } from "../../app/location.ts";
import type { TimeRange } from "../../app/time-range.ts";
import { Button } from "../../components/button.tsx";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { ErrorNotice, Notice } from "../../components/notice.tsx";
import {
  checkedEntries,
  describePart,
  type PartResult,
  partsOf,
  type Verification,
  verifyParts,
} from "./verification.ts";

interface State {
  parts: number;
  results: readonly PartResult[];
  isRunning: boolean;
  isStopped: boolean;
  error?: unknown;
}

const COLUMNS: readonly Column<PartResult>[] = [
  { key: "part", title: "Days (UTC)", isHeader: true, cell: ({ part }) => describePart(part) },
  { key: "state", title: "Result", cell: ({ state }) => <ResultOf state={state} /> },
  ...(["entries", "seals", "checkpoints"] as const).map((name) => ({
    key: name,
    title: name[0]?.toUpperCase() + name.slice(1),
    isNumber: true,
    cell: ({ so_far }: PartResult) => formatCount(so_far?.[name] ?? 0),
  })),
];

const RESULTS = {
  running: ["warn", "Running"],
  valid: ["good", "Valid"],
  invalid: ["bad", "Invalid"],
} as const;
const ResultOf = ({ state }: { state: PartResult["state"] }) => (
  <span class={`status ${RESULTS[state][0]}`}>{RESULTS[state][1]}</span>
);

/** Verifies the days of the chosen range, one after another. */
export function VerifyPanel({ range }: { range: TimeRange }) {
  const [state, setState] = useState<State>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const verify = async (): Promise<void> => {
    const stop = new AbortController();
    running.current = stop;
    const parts = partsOf(range, Date.now());
    const show = (change: Partial<State>): void =>
      setState((before) => ({
        parts: parts.length,
        results: before?.results ?? [],
        isRunning: true,
        isStopped: false,
        ...change,
      }));
    show({ results: [] });
    try {
      const steps = verifyParts(parts, (query) => call("verifyAudit", { query }, { signal: stop.signal }));
      for await (const results of steps) show({ results });
      show({ isRunning: false });
    } catch (error) {
      show(stop.signal.aborted ? { isRunning: false, isStopped: true } : { isRunning: false, error });
    }
  };
  return (
    <section class="card stack" aria-label="Verification">
      <header class="answer-header">
        <div>
          <h2>Verify the log</h2>
          <p class="hint">
            The server computes every hash of entries, seals, chains and checkpoints of the days in the range.
          </p>
        </div>
        <div class="actions">
          {state?.isRunning ? (
            <Button onClick={() => running.current?.abort()}>Stop</Button>
          ) : (
            <Button kind="primary" onClick={() => void verify()}>
              Verify
            </Button>
          )}
        </div>
      </header>
      {state !== undefined && <Progress state={state} />}
    </section>
  );
}

function Progress({ state: { parts, results, isRunning, isStopped, error } }: { state: State }) {
  const done = results.filter(({ state }) => state !== "running").length;
  const label = `${done} of ${parts} ${parts === 1 ? "part" : "parts"}`;
  return (
    <>
      {isRunning && (
        <label class="field">
          <span>
            Verifying: {label}, {formatCount(checkedEntries(results))} entries
          </span>
          {/* An open range is one part, whose end is not known. */}
          <progress max={parts} {...(parts > 1 && { value: done })} />
        </label>
      )}
      <div role="status">
        {!isRunning && error === undefined && (
          <Summary results={results} isStopped={isStopped} label={label} />
        )}
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
      {results.length > 0 && (
        <DataTable
          caption="What was verified"
          columns={COLUMNS}
          rows={results}
          rowKey={({ part }) => describePart(part)}
        />
      )}
    </>
  );
}

interface SummaryProps {
  results: readonly PartResult[];
  isStopped: boolean;
  label: string;
}

function Summary({ results, isStopped, label }: SummaryProps) {
  const entries = formatCount(checkedEntries(results));
  const fault = results.at(-1)?.so_far?.first_invalid;
  if (fault !== undefined) return <Invalid fault={fault} />;
  if (isStopped)
    return (
      <Notice kind="warning" title={`Stopped after ${label}`}>
        <p>No fault in the {entries} entries so far. The rest was not verified.</p>
      </Notice>
    );
  const isSigned = results.every(({ so_far }) => so_far?.signatures === "checked");
  const withheld = results.some(({ so_far }) => (so_far?.expired ?? 0) > 0);
  return (
    <Notice kind="info" title={`Valid: ${entries} entries`}>
      <p>
        {isSigned
          ? "The signatures of checkpoints were checked with the server's public keys."
          : "Signatures were not checked: the server has no public key (AUDIT_PUBLIC_KEYS)."}
        {withheld && " Some entries have expired; their seals were checked."} It does not cover calls that are
        still in the queue. To verify without trusting the server, use <code>weir audit verify</code> on an
        export.
      </p>
    </Notice>
  );
}

function Invalid({ fault }: { fault: NonNullable<Verification["first_invalid"]> }) {
  const state = useUrlState();
  const { kind, reason, request_id: requestId } = fault;
  const place = (["lane", "seal", "leaf", "checkpoint"] as const)
    .filter((name) => fault[name] !== undefined)
    .map((name) => `${name} ${fault[name]}`)
    .join(", ");
  return (
    <Notice kind="error" title={`Invalid ${kind}: ${reason}`}>
      <p>{place === "" ? "The verification ended there." : `At ${place}. The verification ended there.`}</p>
      {requestId !== undefined && (
        <Button onClick={() => state.set({ entry: requestId })}>Show the call</Button>
      )}
    </Notice>
  );
}
