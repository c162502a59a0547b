import { useState } from "preact/hooks";
import { call, type Result } from "../../api/client.ts";
import { useAction } from "../../api/use-action.ts";
import type { Scope } from "../../app/session.ts";
import { fromWallClock } from "../../app/zones.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { toast } from "../../components/toast.tsx";
import type { Key } from "./keys.tsx";
import { NewSecret } from "./new-secret.tsx";
import { OwnKeyWarning } from "./revoke-dialog.tsx";
import { EXPIRIES, type Expiry, expiresAt, SCOPE_TEXTS, SCOPES } from "./scope-texts.ts";

interface Props {
  clientId: string;
  zone: string;
  /** The key that the new one replaces: it is revoked afterwards, if the user wants. */
  replaced?: Key;
  onClose(): void;
}

/** Creates a key and shows its secret once. To rotate a key, it then offers to revoke the old one. */
export function NewKeyDialog({ clientId, zone, replaced, onClose }: Props) {
  const [created, setCreated] = useState<Result<"createKey">>();
  if (created !== undefined)
    return (
      <Dialog title="The new key" onClose={onClose}>
        <NewSecret secret={created.secret} />
        {replaced === undefined ? (
          <div class="dialog-actions">
            <Button kind="primary" onClick={onClose}>
              I have stored it
            </Button>
          </div>
        ) : (
          <RevokeOld clientId={clientId} replaced={replaced} onClose={onClose} />
        )}
      </Dialog>
    );
  return (
    <Dialog title={replaced === undefined ? "Create a key" : `Rotate ${replaced.prefix}…`} onClose={onClose}>
      <KeyForm
        clientId={clientId}
        zone={zone}
        scopes={replaced?.scopes ?? ["ingest"]}
        onCancel={onClose}
        onCreated={setCreated}
      />
    </Dialog>
  );
}

interface FormProps {
  clientId: string;
  zone: string;
  scopes: readonly Scope[];
  onCancel(): void;
  onCreated(key: Result<"createKey">): void;
}

function KeyForm({ clientId, zone, scopes: initial, onCancel, onCreated }: FormProps) {
  const [scopes, setScopes] = useState<readonly Scope[]>(initial);
  const [expiry, setExpiry] = useState<Expiry>("never");
  const [custom, setCustom] = useState("");
  const [fault, setFault] = useState<string>();
  const action = useAction(async (expires_at: string | null) =>
    onCreated(
      await call("createKey", { path: { client_id: clientId }, body: { scopes: [...scopes], expires_at } }),
    ),
  );
  const submit = (event: Event): void => {
    event.preventDefault();
    try {
      if (scopes.length === 0) throw new RangeError("Choose at least one scope.");
      const at = expiresAt(expiry, fromWallClock(custom, zone), Date.now());
      setFault(undefined);
      void action.run(at);
    } catch (error) {
      setFault((error as Error).message);
    }
  };
  const toggle = (scope: Scope): void =>
    setScopes(scopes.includes(scope) ? scopes.filter((one) => one !== scope) : [...scopes, scope]);
  return (
    <form class="stack" onSubmit={submit}>
      <fieldset class="stack">
        <legend>Scopes</legend>
        {SCOPES.map((scope) => (
          <label key={scope} class="check">
            <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
            <span>
              <code>{scope}</code>: {SCOPE_TEXTS[scope]}
            </span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span>Expiry</span>
        <select value={expiry} onChange={({ currentTarget }) => setExpiry(currentTarget.value as Expiry)}>
          {Object.entries(EXPIRIES).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {expiry === "custom" && (
        <label class="field">
          <span>Expires at, in {zone}</span>
          <input
            type="datetime-local"
            value={custom}
            onInput={({ currentTarget }) => setCustom(currentTarget.value)}
          />
        </label>
      )}
      {fault !== undefined && (
        <p class="field-error" role="alert">
          {fault}
        </p>
      )}
      {action.error !== undefined && <ErrorNotice error={action.error} />}
      <div class="dialog-actions">
        <Button onClick={onCancel}>Cancel</Button>
        <Button kind="primary" type="submit" isBusy={action.isBusy}>
          Create the key
        </Button>
      </div>
    </form>
  );
}

function RevokeOld({
  clientId,
  replaced,
  onClose,
}: Required<Pick<Props, "clientId" | "replaced" | "onClose">>) {
  const [isStored, setStored] = useState(false);
  const action = useAction(async () => {
    await call("revokeKey", { path: { client_id: clientId, key_id: replaced.key_id } });
    toast(`The key ${replaced.prefix}… was replaced and revoked.`);
    onClose();
  });
  return (
    <div class="stack">
      <p>
        The old key <code>{replaced.prefix}…</code> is still accepted. Give the new one to the program that
        uses it, then revoke the old one, now or later.
      </p>
      <OwnKeyWarning target={replaced} />
      <label class="check">
        <input
          type="checkbox"
          checked={isStored}
          onChange={({ currentTarget }) => setStored(currentTarget.checked)}
        />
        <span>
          The new key is in use. Revoke <code>{replaced.prefix}…</code>
        </span>
      </label>
      {action.error !== undefined && <ErrorNotice error={action.error} />}
      <div class="dialog-actions">
        <Button onClick={onClose}>Keep both for now</Button>
        <Button kind="danger" disabled={!isStored} isBusy={action.isBusy} onClick={() => void action.run()}>
          Revoke the old key
        </Button>
      </div>
    </div>
  );
}
