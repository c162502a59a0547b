import type { ComponentChildren, JSX } from "preact";

interface Props extends Omit<JSX.IntrinsicElements["button"], "kind"> {
  kind?: "primary" | "plain" | "danger";
  /** True while the action runs: the button shows it and ignores clicks, but keeps the focus. */
  isBusy?: boolean;
  children: ComponentChildren;
}

/** A button with a busy state. */
export function Button({
  kind = "plain",
  isBusy = false,
  children,
  onClick,
  type = "button",
  ...rest
}: Props) {
  return (
    <button
      {...rest}
      type={type}
      class={`button ${kind}`}
      aria-disabled={isBusy || undefined}
      aria-busy={isBusy || undefined}
      onClick={(event) => {
        if (isBusy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {isBusy && <span class="spinner" aria-hidden="true" />}
      {children}
    </button>
  );
}
