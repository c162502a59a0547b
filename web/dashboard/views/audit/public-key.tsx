import { signal } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import { type PublicKey, readPublicKeys } from "./hashes.ts";

/** A public key is no secret: it stays in this browser, so that an auditor enters it once. */
const STORED = "weir.audit-public-key";

/** The keys that the user entered; empty if none. */
export const publicKeys = signal<readonly PublicKey[]>(readStored());

function readStored(): readonly PublicKey[] {
  try {
    return readPublicKeys(localStorage.getItem(STORED) ?? "");
  } catch {
    return [];
  }
}

function store(text: string | undefined): void {
  try {
    if (text === undefined) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, text);
  } catch {
    // A browser that stores nothing forgets the key with the page.
  }
}

/** Asks for the public key that verifies the signatures of checkpoints. */
export function PublicKeyForm() {
  const keys = publicKeys.value;
  const box = useRef<HTMLDivElement>(null);
  const change = (text: string | undefined): void => {
    publicKeys.value = text === undefined ? [] : readPublicKeys(text);
    store(text);
    // The control that had the focus is about to disappear.
    box.current?.focus();
  };
  return (
    <div ref={box} tabIndex={-1}>
      {keys.length > 0 ? (
        <p class="hint">
          Public key in this browser: {keys.map(({ id }) => id).join(", ")}.{" "}
          <Button onClick={() => change(undefined)}>Forget it</Button>
        </p>
      ) : (
        <EmptyForm onEnter={change} />
      )}
    </div>
  );
}

/** @param onEnter throws if the text has no key */
function EmptyForm({ onEnter }: { onEnter(text: string): void }) {
  const [text, setText] = useState("");
  const [fault, setFault] = useState<string>();
  const submit = (event: Event): void => {
    event.preventDefault();
    try {
      onEnter(text);
    } catch (error) {
      setFault((error as Error).message);
    }
  };
  return (
    <form class="stack" onSubmit={submit}>
      <label class="field">
        <span>Public key of the audit trail (PEM)</span>
        <textarea
          rows={4}
          value={text}
          spellcheck={false}
          placeholder="-----BEGIN PUBLIC KEY-----"
          aria-invalid={fault !== undefined}
          aria-describedby="public-key-help"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      {fault !== undefined && (
        <p class="field-error" role="alert">
          {fault}
        </p>
      )}
      <p class="hint" id="public-key-help">
        Get it from the operator through a channel that you trust, not from this server. After{" "}
        <code>npm start</code> it is the file <code>audit-public-key.pem</code> in the data folder.
      </p>
      <div>
        <Button type="submit">Check the signature</Button>
      </div>
    </form>
  );
}
