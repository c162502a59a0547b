/** The form that asks for a key. */
import { useEffect, useRef, useState } from "preact/hooks";
import { clientWith } from "../api/client.ts";
import { Button } from "../components/button.tsx";
import { ErrorNotice, Notice } from "../components/notice.tsx";
import { navigations } from "./location.ts";
import { refusal, startSession } from "./session.ts";

/** Asks for a key until the API knows one. */
export function SignIn() {
  const [key, setKey] = useState("");
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = "Sign in · Weir";
    input.current?.focus();
  }, []);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const given = key.trim();
    if (given === "") {
      setError("Enter an API key.");
      input.current?.focus();
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      const { prefix, scopes } = await clientWith(given).getOwnKey();
      // The heading of the view gets the focus that the form had.
      navigations.value++;
      startSession({ key: given, scopes, shown: prefix });
    } catch (fault) {
      setError(describe(fault));
      setBusy(false);
      input.current?.select();
    }
  };
  return (
    <main class="sign-in" id="main" tabIndex={-1}>
      <form class="card" onSubmit={submit} noValidate>
        <h1>Sign in to Weir</h1>
        {refusal.value !== undefined && error === undefined && (
          <Notice kind="warning" title="You were signed out">
            <p>{refusal.value}</p>
          </Notice>
        )}
        <label class="field">
          <span>API key</span>
          <input
            ref={input}
            type="password"
            name="key"
            autocomplete="off"
            spellcheck={false}
            autocapitalize="off"
            aria-describedby="key-help"
            aria-invalid={error !== undefined}
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
          />
        </label>
        <p class="hint" id="key-help">
          It stays in this tab, and is forgotten when you sign out or close the tab. <code>npm start</code>{" "}
          prints a key to begin with.
        </p>
        {error !== undefined &&
          (typeof error === "string" ? <Notice kind="error" title={error} /> : <ErrorNotice error={error} />)}
        <Button type="submit" kind="primary" isBusy={isBusy}>
          Sign in
        </Button>
        <p class="hint">
          New here? Read the <a href="/docs">documentation</a>.
        </p>
      </form>
    </main>
  );
}

function describe(error: unknown): unknown {
  // Values of headers are bytes: `fetch` would fail without saying why.
  const isNoHeader = error instanceof TypeError && /header|ByteString|ISO-8859-1/i.test(error.message);
  return isNoHeader ? "This is not an API key: it contains characters that no key has." : error;
}
