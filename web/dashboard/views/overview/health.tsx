import { useMemo } from "preact/hooks";
import { type Result, WeirError } from "../../api/client.ts";
import { type Answer, useApi } from "../../api/use-api.ts";
import { formatCount, formatDuration, formatTime } from "../../app/format.ts";
import { localZone } from "../../app/zones.ts";
import { Loaded } from "../../components/loaded.tsx";
import { ErrorNotice, Notice } from "../../components/notice.tsx";
import { type Slot, slotsOf } from "./health-slots.ts";

type HealthState = Result<"getHealth">;

const NAMES = { database: "PostgreSQL", redis: "Redis", queue: "Queue" } as const;
const REFRESH_MS = 10_000;
const HISTORY_REFRESH_MS = 60_000;

/** Whether each server accepts writes, now and over the last day. */
export function Health() {
  const health = useApi("getHealth", {}, { refreshMs: REFRESH_MS });
  const history = useApi("getHealthHistory", {}, { refreshMs: HISTORY_REFRESH_MS });
  const { state, other } = readHealth(health);
  return (
    <section class="card" aria-labelledby="health">
      <div class="card-head">
        <h2 id="health">Health</h2>
        {state && (
          <span class={`status ${state.status === "ok" ? "good" : "bad"}`}>
            {state.status === "ok" ? "all servers up" : "unavailable"}
          </span>
        )}
      </div>
      {other !== undefined && <ErrorNotice error={other} retry={health.reload} />}
      {state && <Checks health={state} />}
      <Loaded of={history}>{(data) => <History history={data} />}</Loaded>
    </section>
  );
}

/** With 503 the answer is a health state too, and not a problem. */
function readHealth({ data, error }: Answer<HealthState>): {
  state?: HealthState | undefined;
  other?: unknown;
} {
  if (error instanceof WeirError && error.status === 503 && error.code === undefined)
    return { state: error.body as HealthState };
  return error === undefined ? { state: data } : { other: error };
}

function Checks({ health: { checks, settings, partitions, audit, version } }: { health: HealthState }) {
  const weak = [settings.database, settings.redis].flatMap((server) => server?.weak ?? []);
  return (
    <>
      <ul class="checks">
        {(Object.keys(NAMES) as (keyof typeof NAMES)[]).map((name) => (
          <li key={name}>
            <span class={`status ${checks[name].status === "up" ? "good" : "bad"}`}>
              {checks[name].status}
            </span>
            <span>{NAMES[name]}</span>
            <span class="hint">{formatDuration(checks[name].latency_ms)}</span>
          </li>
        ))}
      </ul>
      {weak.map(({ setting, value, wanted, risk }) => (
        <Notice key={setting} kind="warning" title={`${setting} is ${value}; Weir wants ${wanted}`}>
          <p>{risk}</p>
        </Notice>
      ))}
      {partitions && partitions.default_rows > 0 && (
        <Notice kind="warning" title={`${formatCount(partitions.default_rows)} rows in DEFAULT partitions`} />
      )}
      {audit && audit.missing > 0 && (
        <Notice kind="warning" title={`${formatCount(audit.missing)} calls have no entry in the audit log`}>
          <p>
            <code>weir audit recover</code> reads them back from the log.
          </p>
        </Notice>
      )}
      <p class="hint">
        Version {version}
        {partitions && `, partitions for ${partitions.runway_days} days ahead`}
      </p>
    </>
  );
}

const TEXTS: Readonly<Record<Slot["state"], string>> = {
  ok: "all checks passed",
  mixed: "some checks failed",
  unavailable: "all checks failed",
  none: "no check",
};

function History({ history }: { history: Result<"getHealthHistory"> }) {
  const slots = useMemo(() => slotsOf(history), [history]);
  const zone = localZone();
  const share = history.checked === 0 ? undefined : 1 - history.unhealthy / history.checked;
  return (
    <figure class="history">
      <figcaption class="hint">
        Last 24 hours: {formatCount(history.checked)} checks, {formatCount(history.unhealthy)} failed
        {share !== undefined && ` (${(share * 100).toFixed(share === 1 ? 0 : 2)} % passed)`}
      </figcaption>
      <div class="slots" aria-hidden="true">
        {slots.map(({ start, state }) => (
          <span key={start} class={`slot ${state}`} title={`${formatTime(start, zone)}: ${TEXTS[state]}`} />
        ))}
      </div>
    </figure>
  );
}
