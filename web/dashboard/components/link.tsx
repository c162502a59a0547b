import type { ComponentChildren } from "preact";
import { navigate, type QueryValues, viewUrl } from "../app/location.ts";

interface Props {
  to: string;
  query?: QueryValues;
  class?: string;
  isCurrent?: boolean;
  children: ComponentChildren;
}

/** A link to a view. It is a real link: it opens in a new tab, and can be copied. */
export function Link({ to, query, class: name, isCurrent = false, children }: Props) {
  const href = viewUrl(to, query);
  return (
    <a
      href={href}
      class={name}
      aria-current={isCurrent ? "page" : undefined}
      onClick={(event) => {
        if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(href);
      }}
    >
      {children}
    </a>
  );
}
