import { type ComponentChildren, Fragment } from "preact";

/** A list of names and values. Entries whose value is undefined are left out. */
export function KeyValues({ entries }: { entries: Readonly<Record<string, ComponentChildren>> }) {
  return (
    <dl class="key-values">
      {Object.entries(entries)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => (
          <Fragment key={name}>
            <dt>{name}</dt>
            <dd>{value ?? <span class="hint">none</span>}</dd>
          </Fragment>
        ))}
    </dl>
  );
}
