import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { navigations } from "../app/location.ts";

let focused = 0;

interface Props {
  title: string;
  /** One sentence about the view. */
  children?: ComponentChildren;
  /** Buttons. */
  actions?: ComponentChildren;
}

/** The heading of a view, which gets the focus after navigation, and its title in the tab. */
export function PageHeader({ title, children, actions }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Weir`;
    if (navigations.value === focused) return;
    focused = navigations.value;
    heading.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <header class="page-header">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children !== undefined && <p class="lead">{children}</p>}
      </div>
      {actions !== undefined && <div class="actions">{actions}</div>}
    </header>
  );
}
