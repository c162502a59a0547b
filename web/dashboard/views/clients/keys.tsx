import { useMemo, useState } from "preact/hooks";
import type { Result } from "../../api/client.ts";
import { usePages } from "../../api/use-api.ts";
import { Button } from "../../components/button.tsx";
import { type Column, DataTable, LoadMore } from "../../components/data-table.tsx";
import { Empty, Loading } from "../../components/loaded.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { Time } from "../../components/time.tsx";
import { NewKeyDialog } from "./new-key-dialog.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";
import { stateOf } from "./scope-texts.ts";

export type Key = Result<"listKeys">["keys"][number];

const pick = ({ keys }: Result<"listKeys">): readonly Key[] => keys;

type Doing = { name: "create" } | { name: "rotate" | "revoke"; key: Key };

/** The keys of a client. Their secrets are stored nowhere, so nobody can show them again. */
export function Keys({ clientId, zone }: { clientId: string; zone: string }) {
  const parameters = useMemo(() => ({ path: { client_id: clientId }, query: { limit: 50 } }), [clientId]);
  const pages = usePages("listKeys", parameters, pick);
  const [doing, setDoing] = useState<Doing>();
  const done = (): void => {
    setDoing(undefined);
    pages.reload();
  };
  return (
    <section class="stack" aria-label="Keys">
      <header class="answer-header">
        <h3>Keys</h3>
        <Button onClick={() => setDoing({ name: "create" })}>Create a key</Button>
      </header>
      {pages.error !== undefined && <ErrorNotice error={pages.error} retry={pages.reload} />}
      {pages.isLoading && pages.rows.length === 0 && <Loading />}
      {!pages.isLoading && pages.error === undefined && pages.rows.length === 0 && (
        <Empty title="The client has no keys">
          <p>Without a key it can't call the API.</p>
        </Empty>
      )}
      {pages.rows.length > 0 && <KeyTable keys={pages.rows} zone={zone} onDo={setDoing} />}
      <LoadMore pages={pages} />
      {doing?.name === "create" && <NewKeyDialog clientId={clientId} zone={zone} onClose={done} />}
      {doing?.name === "rotate" && (
        <NewKeyDialog clientId={clientId} zone={zone} replaced={doing.key} onClose={done} />
      )}
      {doing?.name === "revoke" && <RevokeDialog clientId={clientId} target={doing.key} onClose={done} />}
    </section>
  );
}

const STATES = {
  active: ["good", "Active"],
  expired: ["warn", "Expired"],
  revoked: ["bad", "Revoked"],
} as const;

interface TableProps {
  keys: readonly Key[];
  zone: string;
  onDo(doing: Doing): void;
}

function KeyTable({ keys, zone, onDo }: TableProps) {
  const now = Date.now();
  const time = (at: string | null, without: string) =>
    at === null ? <span class="hint">{without}</span> : <Time at={at} zone={zone} />;
  const columns: readonly Column<Key>[] = [
    { key: "prefix", title: "Key", isHeader: true, cell: ({ prefix }) => <code>{prefix}…</code> },
    { key: "scopes", title: "Scopes", cell: ({ scopes }) => scopes.join(", ") },
    {
      key: "state",
      title: "State",
      cell: (key) => {
        const [kind, text] = STATES[stateOf(key, now)];
        return <span class={`status ${kind}`}>{text}</span>;
      },
    },
    { key: "expires", title: "Expires", cell: ({ expires_at }) => time(expires_at, "never") },
    {
      key: "used",
      title: "Last used",
      isMinor: true,
      cell: ({ last_used_at }) => time(last_used_at, "never"),
    },
    { key: "created", title: "Created", isMinor: true, cell: ({ created_at }) => time(created_at, "") },
    {
      key: "actions",
      title: "Actions",
      cell: (key) =>
        key.revoked_at === null && (
          <span class="actions">
            <Button onClick={() => onDo({ name: "rotate", key })} aria-label={`Rotate ${key.prefix}`}>
              Rotate
            </Button>
            <Button
              kind="danger"
              onClick={() => onDo({ name: "revoke", key })}
              aria-label={`Revoke ${key.prefix}`}
            >
              Revoke
            </Button>
          </span>
        ),
    },
  ];
  return <DataTable caption="Keys" columns={columns} rows={keys} rowKey={({ key_id }) => key_id} />;
}
