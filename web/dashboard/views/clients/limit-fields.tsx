/** The limits of a client as the fields of a form. */

export interface Limits {
  name: string;
  rate_limit_per_second: number;
  burst: number;
}

export const DEFAULT_LIMITS: Limits = { name: "", rate_limit_per_second: 1_000, burst: 2_000 };

interface Props {
  value: Limits;
  onChange(value: Limits): void;
}

/** Name, rate limit and burst; a larger batch than the burst is always refused. The browser checks their limits before it sends the form. */
export function LimitFields({ value, onChange }: Props) {
  return (
    <>
      <label class="field">
        <span>Name</span>
        <input
          required
          maxLength={200}
          value={value.name}
          onInput={({ currentTarget }) => onChange({ ...value, name: currentTarget.value })}
        />
      </label>
      <label class="field">
        <span>Events per second, on average</span>
        <input
          type="number"
          required
          min={1}
          max={1_000_000}
          value={value.rate_limit_per_second}
          onInput={({ currentTarget }) =>
            onChange({ ...value, rate_limit_per_second: currentTarget.valueAsNumber })
          }
        />
      </label>
      <label class="field">
        <span>Events at once, at most</span>
        <input
          type="number"
          required
          min={1}
          max={10_000_000}
          value={value.burst}
          onInput={({ currentTarget }) => onChange({ ...value, burst: currentTarget.valueAsNumber })}
        />
      </label>
    </>
  );
}
