/** Filters of a view, each a parameter in the URL. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { useUrlState } from "../app/location.ts";
import { Button } from "./button.tsx";

/** A row of filters. @param clears the parameters that "Clear filters" removes */
export function FilterBar({
  children,
  clears = [],
}: {
  children: ComponentChildren;
  clears?: readonly string[];
}) {
  const state = useUrlState();
  const isSet = clears.some((name) => state.get(name) !== undefined);
  return (
    <search class="filters" aria-label="Filters">
      {children}
      {isSet && (
        <Button onClick={() => state.set(Object.fromEntries(clears.map((name) => [name, undefined])))}>
          Clear filters
        </Button>
      )}
    </search>
  );
}

interface TextProps {
  name: string;
  label: string;
  placeholder?: string;
  /** Values to choose from; others may be typed. */
  options?: readonly string[];
}

/** A text. It is applied when the user leaves the field or presses Enter. */
export function TextFilter({ name, label, placeholder, options }: TextProps) {
  const state = useUrlState();
  const value = state.get(name) ?? "";
  const [text, setText] = useState(value);
  const list = useId();
  useEffect(() => setText(value), [value]);
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="search"
        value={text}
        placeholder={placeholder}
        list={options ? list : undefined}
        spellcheck={false}
        autocomplete="off"
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onChange={({ currentTarget }) => state.set({ [name]: currentTarget.value.trim() })}
      />
      {options && (
        <datalist id={list}>
          {options.map((option) => (
            <option key={option} value={option} />
          ))}
        </datalist>
      )}
    </label>
  );
}

interface SelectProps {
  name: string;
  label: string;
  /** Text by value. The first one is the default, which the URL leaves out. */
  options: Readonly<Record<string, string>>;
}

/** One of a few values. */
export function SelectFilter({ name, label, options }: SelectProps) {
  const state = useUrlState();
  const [byDefault = ""] = Object.keys(options);
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={state.get(name) ?? byDefault}
        onChange={({ currentTarget: { value } }) =>
          state.set({ [name]: value === byDefault ? undefined : value })
        }
      >
        {Object.entries(options).map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ListProps {
  name: string;
  label: string;
  placeholder?: string;
  /** What is wrong with a value; undefined if nothing is. */
  check?(value: string): string | undefined;
}

/** Several texts, such as conditions on properties: each is a parameter in the URL, and can be removed. */
export function ListFilter({ name, label, placeholder, check }: ListProps) {
  const state = useUrlState();
  const values = state.all(name);
  const [text, setText] = useState("");
  const [fault, setFault] = useState<string>();
  const add = (event: Event): void => {
    event.preventDefault();
    const value = text.trim();
    const wrong = value === "" ? undefined : check?.(value);
    setFault(wrong);
    if (value === "" || wrong !== undefined) return;
    setText("");
    if (!values.includes(value)) state.set({ [name]: [...values, value] });
  };
  return (
    <form class="list-filter" onSubmit={add}>
      <label class="field">
        <span>{label}</span>
        <input
          value={text}
          placeholder={placeholder}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          aria-invalid={fault !== undefined}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        {fault !== undefined && <span class="field-error">{fault}</span>}
      </label>
      <Button type="submit">Add</Button>
      {values.length > 0 && (
        <ul class="chips" aria-label={label}>
          {values.map((value) => (
            <li key={value} class="chip">
              <code>{value}</code>
              <button
                type="button"
                class="icon-button"
                aria-label={`Remove ${value}`}
                onClick={() => state.set({ [name]: values.filter((one) => one !== value) })}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}
