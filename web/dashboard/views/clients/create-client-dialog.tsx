import { useState } from "preact/hooks";
import { call } from "../../api/client.ts";
import { useAction } from "../../api/use-action.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { toast } from "../../components/toast.tsx";
import { DEFAULT_LIMITS, LimitFields } from "./limit-fields.tsx";

interface Props {
  onClose(): void;
  onCreated(clientId: string): void;
}

/** Creates a client. It can do nothing until it has a key. */
export function CreateClientDialog({ onClose, onCreated }: Props) {
  const [clientId, setClientId] = useState("");
  const [limits, setLimits] = useState(DEFAULT_LIMITS);
  const action = useAction(async () => {
    const id = clientId.trim();
    const created = await call("createClient", {
      body: { ...limits, active: true, ...(id !== "" && { client_id: id }) },
    });
    toast(`The client ${created.client_id} was created.`);
    onCreated(created.client_id);
  });
  const submit = (event: Event): void => {
    event.preventDefault();
    void action.run();
  };
  return (
    <Dialog title="Create a client" onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <LimitFields value={limits} onChange={setLimits} />
        <label class="field">
          <span>Id (optional; it is part of each key and can't be changed)</span>
          <input
            value={clientId}
            maxLength={32}
            pattern="[a-z0-9](?:[a-z0-9\-]{0,30}[a-z0-9])?"
            title="Lower-case letters and digits, and - between them, at most 32"
            spellcheck={false}
            autocapitalize="off"
            autocomplete="off"
            onInput={({ currentTarget }) => setClientId(currentTarget.value)}
          />
        </label>
        {action.error !== undefined && <ErrorNotice error={action.error} />}
        <div class="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" isBusy={action.isBusy}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
