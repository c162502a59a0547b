import { call } from "../../api/client.ts";
import { useAction } from "../../api/use-action.ts";
import { session } from "../../app/session.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorNotice, Notice } from "../../components/notice.tsx";
import { toast } from "../../components/toast.tsx";

/** A key, as far as revoking it needs it. */
export interface Target {
  key_id: string;
  prefix: string;
}

/** True for the key with which the user is signed in. */
const isOwn = ({ prefix }: Target): boolean => session.value?.key.startsWith(prefix) ?? false;

/** Warns an administrator who is about to lock out this very page. */
export const OwnKeyWarning = ({ target }: { target: Target }) =>
  isOwn(target) ? (
    <Notice kind="warning" title="You are signed in with this key">
      <p>You will be signed out, and need another key to come back.</p>
    </Notice>
  ) : null;

interface Props {
  clientId: string;
  target: Target;
  onClose(): void;
}

/** Asks before a key is revoked, which can't be undone. */
export function RevokeDialog({ clientId, target, onClose }: Props) {
  const action = useAction(async () => {
    await call("revokeKey", { path: { client_id: clientId, key_id: target.key_id } });
    toast(`The key ${target.prefix}… was revoked.`);
    onClose();
  });
  return (
    <Dialog title={`Revoke ${target.prefix}…`} onClose={onClose}>
      <div class="stack">
        <p>
          The next call with the key <code>{target.prefix}…</code> of the client <code>{clientId}</code> is
          refused. This can't be undone.
        </p>
        <OwnKeyWarning target={target} />
        {action.error !== undefined && <ErrorNotice error={action.error} />}
      </div>
      <div class="dialog-actions">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="danger" isBusy={action.isBusy} onClick={() => void action.run()}>
          Revoke the key
        </Button>
      </div>
    </Dialog>
  );
}
