/** Boxes that say what is wrong, and what to do. */
import type { ComponentChildren } from "preact";
import { WeirError } from "../api/client.ts";
import { isOffline } from "../api/connection.ts";
import { Button } from "./button.tsx";

interface Props {
  kind: "info" | "warning" | "error";
  title: string;
  children?: ComponentChildren;
}

/** A message in the page. An error is announced at once. */
export function Notice({ kind, title, children }: Props) {
  return (
    <div class={`notice ${kind}`} role={kind === "error" ? "alert" : undefined}>
      <p class="notice-title">{title}</p>
      {children}
    </div>
  );
}

/** An error of a call: the problem document with its request id and documentation, or that there is no connection. */
export function ErrorNotice({ error, retry }: { error: unknown; retry?: () => void }) {
  const again = retry && <Button onClick={retry}>Try again</Button>;
  if (error instanceof WeirError) return <ProblemNotice error={error}>{again}</ProblemNotice>;
  if (isOffline(error) && !(error instanceof SyntaxError))
    return (
      <Notice kind="warning" title="The API does not answer">
        <p>Check your connection, and that the server runs. The page tries again by itself.</p>
      </Notice>
    );
  return (
    <Notice kind="error" title="The page could not read the answer">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {again}
    </Notice>
  );
}

function ProblemNotice({ error, children }: { error: WeirError; children: ComponentChildren }) {
  const { title } = (error.body ?? {}) as { title?: unknown };
  return (
    <Notice kind="error" title={typeof title === "string" ? title : `The API answered ${error.status}`}>
      <p>{error.detail}</p>
      {error.errors.length > 0 && (
        <ul>
          {error.errors.map((fault) => (
            <li key={`${fault.parameter ?? fault.pointer} ${fault.detail}`}>
              <code>{fault.parameter ?? fault.pointer}</code> {fault.detail}
            </li>
          ))}
        </ul>
      )}
      <p class="hint">
        {error.status}
        {error.code !== undefined && (
          <>
            {" · "}
            <a href={`/docs/errors/${error.code}`} target="_blank" rel="noreferrer">
              {error.code}
            </a>
          </>
        )}
        {error.requestId !== undefined && (
          <>
            {" · request "}
            <code>{error.requestId}</code>
          </>
        )}
      </p>
      {children}
    </Notice>
  );
}
