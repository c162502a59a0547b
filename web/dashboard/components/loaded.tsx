import type { ComponentChildren } from "preact";
import type { Answer } from "../api/use-api.ts";
import { ErrorNotice } from "./notice.tsx";

interface Props<T> {
  of: Answer<T>;
  children(data: T): ComponentChildren;
}

/** What a call brought: a placeholder while it is loading, its error, or its data. Data stays beside a later error. */
export function Loaded<T>({ of, children }: Props<T>) {
  return (
    <>
      {of.error !== undefined && <ErrorNotice error={of.error} retry={of.reload} />}
      {of.data !== undefined && (
        <div class={of.isLoading ? "loaded stale" : "loaded"} aria-busy={of.isLoading}>
          {children(of.data)}
        </div>
      )}
      {of.data === undefined && of.error === undefined && <Loading />}
    </>
  );
}

/** A placeholder. It appears only after a moment, so that fast answers do not flicker. */
export function Loading({ label = "Loading" }: { label?: string }) {
  return (
    <p class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {label} …
    </p>
  );
}

/** What a list shows without rows. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}
