import { useId, useRef, useState } from "preact/hooks";
import { Button } from "../../components/button.tsx";
import {
  type ConditionFields,
  faultOfCondition,
  joinCondition,
  MAX_CONDITIONS,
  OPERATOR_NAMES,
  OPERATORS,
  type Operator,
  splitCondition,
} from "./conditions.ts";

interface Props {
  label: string;
  values: readonly string[];
  /** To choose from; others may be typed. */
  properties: readonly string[];
  onChange(values: readonly string[]): void;
}

const EMPTY: ConditionFields = { property: "", operator: "=", value: "" };

/** Conditions as a list, with a form that adds one. Choosing a condition in the list puts it back into the form. */
export function ConditionsEditor({ label, values, properties, onChange }: Props) {
  const [fields, setFields] = useState(EMPTY);
  const [fault, setFault] = useState<string>();
  const property = useRef<HTMLInputElement>(null);
  const id = useId();
  const change = (part: Partial<ConditionFields>): void => {
    setFields({ ...fields, ...part });
    setFault(undefined);
  };
  const add = (event: Event): void => {
    event.preventDefault();
    const condition = joinCondition(withPrefix(fields));
    const wrong = faultOfCondition(condition);
    setFault(wrong === undefined ? undefined : `The condition ${wrong}.`);
    if (wrong !== undefined) return;
    setFields(EMPTY);
    if (!values.includes(condition)) onChange([...values, condition]);
  };
  const edit = (condition: string): void => {
    setFields(splitCondition(condition));
    onChange(values.filter((one) => one !== condition));
    property.current?.focus();
  };
  const hasValue = fields.operator !== "exists" && fields.operator !== "missing";
  return (
    <form class="conditions" onSubmit={add} aria-label={label}>
      <label class="field">
        <span>{label}</span>
        <input
          ref={property}
          list={id}
          value={fields.property}
          placeholder="payload.amount"
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          aria-invalid={fault !== undefined}
          aria-describedby={fault === undefined ? undefined : `${id}-fault`}
          onInput={({ currentTarget }) => change({ property: currentTarget.value })}
        />
        <datalist id={id}>
          {properties.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      </label>
      <label class="field">
        <span>Operator</span>
        <select
          value={fields.operator}
          onChange={({ currentTarget }) => change({ operator: currentTarget.value as Operator })}
        >
          {OPERATORS.map((operator) => (
            <option key={operator} value={operator}>
              {OPERATOR_NAMES[operator]}
            </option>
          ))}
        </select>
      </label>
      {hasValue && (
        <label class="field">
          <span>Value</span>
          <input
            value={fields.value}
            placeholder={'5, true, net, "5"'}
            spellcheck={false}
            autocapitalize="off"
            autocomplete="off"
            onInput={({ currentTarget }) => change({ value: currentTarget.value })}
          />
        </label>
      )}
      <Button type="submit" disabled={values.length >= MAX_CONDITIONS || fields.property.trim() === ""}>
        Add
      </Button>
      {fault !== undefined && (
        <p class="field-error" id={`${id}-fault`} role="alert">
          {fault}
        </p>
      )}
      {values.length > 0 && (
        <ul class="chips" aria-label={label}>
          {values.map((value) => (
            <li key={value} class="chip">
              <button type="button" class="chip-text" title="Edit" onClick={() => edit(value)}>
                <code>{value}</code>
              </button>
              <button
                type="button"
                class="icon-button"
                aria-label={`Remove ${value}`}
                onClick={() => onChange(values.filter((one) => one !== value))}
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

/** `amount` is understood as `payload.amount`: every property is in the payload. */
const withPrefix = (fields: ConditionFields): ConditionFields => {
  const name = fields.property.trim();
  return { ...fields, property: /^!?payload\b/.test(name) ? name : `payload.${name}` };
};
