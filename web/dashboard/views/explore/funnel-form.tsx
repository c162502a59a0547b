import { useId, useState } from "preact/hooks";
import { useUrlState } from "../../app/location.ts";
import { Button } from "../../components/button.tsx";
import { ConditionsEditor } from "./conditions-editor.tsx";
import { type FunnelStep, MOST_STEPS, type Question, WINDOWS, writeStep } from "./question.ts";
import type { Suggestions } from "./suggestions.ts";

const EMPTY: FunnelStep = { event_type: "", where: [] };

interface Props {
  question: Question;
  suggested: Suggestions;
}

/** The steps of a funnel, in their order, and the time that all of them may take. */
export function FunnelForm({ question: { steps: given, windowSeconds }, suggested }: Props) {
  const state = useUrlState();
  // Steps without an event type are not in the URL, but stay in the form.
  const [steps, setSteps] = useState(() => [...given, EMPTY, EMPTY].slice(0, Math.max(2, given.length)));
  const set = (changed: FunnelStep[]): void => {
    setSteps(changed);
    state.set({ step: changed.filter(({ event_type }) => event_type !== "").map(writeStep) });
  };
  return (
    <div class="stack">
      <ol class="funnel-steps">
        {steps.map((step, index) => (
          <StepFields
            key={index}
            number={index + 1}
            step={step}
            suggested={suggested}
            onChange={(changed) => set(steps.with(index, changed))}
            {...(steps.length > 2 && { onRemove: () => set(steps.toSpliced(index, 1)) })}
          />
        ))}
      </ol>
      <div class="filters">
        {steps.length < MOST_STEPS && <Button onClick={() => setSteps([...steps, EMPTY])}>Add a step</Button>}
        <label class="field">
          <span>All steps within</span>
          <select
            value={String(windowSeconds)}
            onChange={({ currentTarget: { value } }) => state.set({ window: value })}
          >
            {!(String(windowSeconds) in WINDOWS) && (
              <option value={String(windowSeconds)}>{windowSeconds} seconds</option>
            )}
            {Object.entries(WINDOWS).map(([seconds, label]) => (
              <option key={seconds} value={seconds}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
}

interface StepProps {
  number: number;
  step: FunnelStep;
  suggested: Suggestions;
  onChange(step: FunnelStep): void;
  onRemove?(): void;
}

function StepFields({ number, step, suggested, onChange, onRemove }: StepProps) {
  const list = useId();
  return (
    <li>
      <label class="field">
        <span>Step {number}: event type</span>
        <input
          list={list}
          value={step.event_type}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          onChange={({ currentTarget }) => onChange({ ...step, event_type: currentTarget.value.trim() })}
        />
        <datalist id={list}>
          {suggested.types.map((type) => (
            <option key={type} value={type} />
          ))}
        </datalist>
      </label>
      <ConditionsEditor
        label={`Step ${number}: conditions`}
        values={step.where}
        properties={suggested.properties}
        onChange={(where) => onChange({ ...step, where: [...where] })}
      />
      {onRemove && (
        <Button onClick={onRemove} aria-label={`Remove step ${number}`}>
          Remove
        </Button>
      )}
    </li>
  );
}
