import { useEffect, useRef } from "preact/hooks";
import { CopyButton } from "../../components/copy-button.tsx";
import { Notice } from "../../components/notice.tsx";

/** The secret of a new key: in a field, so that it can be selected where the browser does not allow copying. */
export function NewSecret({ secret }: { secret: string }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <div class="stack">
      <Notice kind="warning" title="Copy the key now. It is not shown again.">
        <p>Only its hash is stored. If you lose the key, create another one.</p>
      </Notice>
      <div class="secret">
        <label class="field">
          <span>API key</span>
          <input ref={field} readOnly value={secret} spellcheck={false} autocomplete="off" />
        </label>
        <CopyButton text={secret} label="Copy the key" />
      </div>
    </div>
  );
}
