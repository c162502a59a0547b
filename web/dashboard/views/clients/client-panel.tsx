import { useEffect, useRef, useState } from "preact/hooks";
import { call, type Result } from "../../api/client.ts";
import { useAction } from "../../api/use-action.ts";
import { useApi } from "../../api/use-api.ts";
import { useUrlState } from "../../app/location.ts";
import { Button } from "../../components/button.tsx";
import { Link } from "../../components/link.tsx";
import { Loaded } from "../../components/loaded.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { toast } from "../../components/toast.tsx";
import { Keys } from "./keys.tsx";
import { LimitFields } from "./limit-fields.tsx";

type Client = Result<"getClient">;

interface Props {
  clientId: string;
  zone: string;
  /** Called when the client was changed. */
  onChange(): void;
}

/** One client: its limits, which can be changed, and its keys. */
export function ClientPanel({ clientId, zone, onChange }: Props) {
  const state = useUrlState();
  const answer = useApi("getClient", { path: { client_id: clientId } });
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="card stack" aria-labelledby="client-heading">
      <header class="answer-header">
        <h2 id="client-heading" ref={heading} tabIndex={-1}>
          Client <code>{clientId}</code>
        </h2>
        <div class="actions">
          <Link to="explore" query={{ client: clientId }}>
            Explore its events
          </Link>
          <Link to="audit" query={{ client: clientId }}>
            Its calls
          </Link>
          <Button onClick={() => state.set({ client: undefined })}>Close</Button>
        </div>
      </header>
      <Loaded of={answer}>
        {(client) => (
          <div class="stack">
            <LimitsForm
              key={JSON.stringify(client)}
              client={client}
              onChange={() => {
                answer.reload();
                onChange();
              }}
            />
            <Keys clientId={clientId} zone={zone} />
          </div>
        )}
      </Loaded>
    </section>
  );
}

function LimitsForm({ client, onChange }: { client: Client; onChange(): void }) {
  const { client_id, name, rate_limit_per_second, burst } = client;
  const [limits, setLimits] = useState({ name, rate_limit_per_second, burst });
  const [active, setActive] = useState(client.active);
  const isChanged =
    active !== client.active ||
    limits.name !== name ||
    limits.rate_limit_per_second !== rate_limit_per_second ||
    limits.burst !== burst;
  const action = useAction(async () => {
    await call("changeClient", { path: { client_id }, body: { ...limits, active } });
    toast(`The client ${client_id} was changed.`);
    onChange();
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.run();
  };
  return (
    <form class="stack" aria-label="Limits" onSubmit={submit}>
      <div class="columns">
        <LimitFields value={limits} onChange={setLimits} />
      </div>
      <label class="check">
        <input
          type="checkbox"
          checked={active}
          onChange={({ currentTarget }) => setActive(currentTarget.checked)}
        />
        <span>Active: its keys are accepted</span>
      </label>
      {action.error !== undefined && <ErrorNotice error={action.error} />}
      <div>
        <Button type="submit" kind="primary" isBusy={action.isBusy} disabled={!isChanged}>
          Save the changes
        </Button>
      </div>
    </form>
  );
}
