import { useState } from "preact/hooks";
import type { OperationId, Parameters } from "../api/client.ts";
import { type AnyParameters, curlText, httpText } from "../api/curl.ts";
import { CopyButton } from "./copy-button.tsx";

const FORMS = { curl: curlText, HTTP: httpText } as const;
type Form = keyof typeof FORMS;

/** The call behind what is shown, to repeat it elsewhere. The key is in the variable KEY of the shell, never in the text. */
export function HttpPanel<Id extends OperationId>({
  id,
  parameters,
}: {
  id: Id;
  parameters: Parameters<Id>;
}) {
  const [form, setForm] = useState<Form>("curl");
  const text = FORMS[form](id, parameters as AnyParameters, location.origin);
  return (
    <details class="http-panel">
      <summary>This as HTTP</summary>
      <fieldset class="segments">
        <legend class="visually-hidden">Form</legend>
        {(Object.keys(FORMS) as Form[]).map((name) => (
          <button key={name} type="button" aria-pressed={form === name} onClick={() => setForm(name)}>
            {name}
          </button>
        ))}
      </fieldset>
      <figure class="code" aria-label={form}>
        <CopyButton text={text} label={`Copy as ${form}`} />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard. */}
        <pre tabIndex={0}>
          <code>{text}</code>
        </pre>
      </figure>
    </details>
  );
}
