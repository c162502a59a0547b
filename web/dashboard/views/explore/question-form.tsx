/** The question as a form. Every field is in the URL. */
import { useUrlState } from "../../app/location.ts";
import { hasScope } from "../../app/session.ts";
import type { TimeRange } from "../../app/time-range.ts";
import { FilterBar, SelectFilter, TextFilter } from "../../components/filters.tsx";
import { TimeRangePicker } from "../../components/time-range-picker.tsx";
import { ConditionsEditor } from "./conditions-editor.tsx";
import { FunnelForm } from "./funnel-form.tsx";
import { intervalsFor } from "./intervals.ts";
import {
  GROUPINGS,
  LIMITS,
  MEASURES,
  type Measure,
  NO_INTERVAL,
  type Question,
  uniquesIntervals,
} from "./question.ts";
import { useSuggestions } from "./suggestions.ts";

interface Props {
  question: Question;
  range: TimeRange;
}

/** Chooses the measure, the range and the filters. */
export function QuestionForm({ question, range }: Props) {
  const state = useUrlState();
  const { measure, client, where } = question;
  const isFunnel = measure === "funnel";
  const suggested = useSuggestions(question);
  return (
    <section class="card question" aria-label="Question">
      <fieldset class="segments">
        <legend class="visually-hidden">What to ask</legend>
        {Object.entries(MEASURES).map(([name, label]) => (
          <button
            key={name}
            type="button"
            aria-pressed={measure === name}
            onClick={() => state.set({ measure: name === "series" ? undefined : name })}
          >
            {label}
          </button>
        ))}
      </fieldset>
      <FilterBar clears={["type", "client", "where", "property", "step"]}>
        <TimeRangePicker range={range} />
        {!isFunnel && (
          <TextFilter name="type" label="Event type" placeholder="All" options={suggested.types} />
        )}
        {hasScope("admin") && (
          <TextFilter name="client" label="Client" placeholder="All" options={suggested.clients} />
        )}
        <MeasureFields question={question} properties={suggested.properties} />
        {!isFunnel && (
          <ConditionsEditor
            label="Conditions on the payload"
            values={where}
            properties={suggested.properties}
            onChange={(values) => state.set({ where: values })}
          />
        )}
      </FilterBar>
      {isFunnel && <FunnelForm key={client} question={question} suggested={suggested} />}
    </section>
  );
}

const BY = { "": "None", ...GROUPINGS };

/** The fields that only some measures have. */
function MeasureFields({ question, properties }: { question: Question; properties: readonly string[] }) {
  const { measure, start, end, by, interval } = question;
  const state = useUrlState();
  const length = Date.parse(end ?? "") - Date.parse(start ?? "");
  const has = (...measures: Measure[]): boolean => measures.includes(measure);
  return (
    <>
      {has("top", "uniques", "funnel") && (
        <TextFilter
          name="property"
          label={measure === "funnel" ? "Connected by" : "Property"}
          placeholder="payload.user.id"
          options={properties}
        />
      )}
      {has("series", "uniques") && (
        <label class="field">
          <span>Interval</span>
          <select
            value={interval ?? NO_INTERVAL}
            onChange={({ currentTarget: { value } }) => state.set({ interval: value })}
          >
            {measure === "uniques" && <option value={NO_INTERVAL}>The whole range</option>}
            {(measure === "uniques" ? uniquesIntervals(length) : intervalsFor(length)).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {has("series", "count") && <SelectFilter name="by" label="By" options={BY} />}
      {(has("top") || (has("series", "count") && by !== undefined)) && (
        <SelectFilter
          name="limit"
          label={measure === "top" ? "Values" : "Groups"}
          options={Object.fromEntries(LIMITS.map((limit) => [limit, `Up to ${limit}`]))}
        />
      )}
    </>
  );
}
