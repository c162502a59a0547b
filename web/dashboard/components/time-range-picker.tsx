import { useId, useState } from "preact/hooks";
import { useUrlState } from "../app/location.ts";
import { RANGES, setRange, type TimeRange, toIso } from "../app/time-range.ts";
import { allZones, fromWallClock, isZone, localZone, wallClock } from "../app/zones.ts";
import { Button } from "./button.tsx";

/** Chooses the range and the zone in the URL. @param isOpenAllowed true if the view may have no limits */
export function TimeRangePicker({
  range,
  isOpenAllowed = false,
}: {
  range: TimeRange;
  isOpenAllowed?: boolean;
}) {
  const state = useUrlState();
  const [isCustom, setCustom] = useState(false);
  const choose = (name: string): void => {
    setCustom(name === "custom");
    if (name === "custom") return;
    setRange(state, { range: name });
    range.refresh();
  };
  const shown = isCustom ? "custom" : range.name;
  return (
    <>
      <label class="field">
        <span>Time range</span>
        <select value={shown} onChange={({ currentTarget }) => choose(currentTarget.value)}>
          {isOpenAllowed && <option value="all">Any time</option>}
          {Object.entries(RANGES).map(([name, { label }]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
          <option value="custom">Custom …</option>
        </select>
        {range.isInvalid && <span class="field-error">The start or end in the URL is not a time.</span>}
      </label>
      {shown === "custom" && <CustomRange key={`${range.start} ${range.end} ${range.tz}`} range={range} />}
      <ZonePicker zone={range.tz} />
    </>
  );
}

function CustomRange({ range }: { range: TimeRange }) {
  const state = useUrlState();
  const toClock = (time: string | undefined): string =>
    time === undefined ? "" : wallClock(Date.parse(time), range.tz);
  const [start, setStart] = useState(toClock(range.start));
  const [end, setEnd] = useState(toClock(range.end));
  const isBackwards = start !== "" && end !== "" && start >= end;
  const apply = (event: Event): void => {
    event.preventDefault();
    const toTime = (clock: string): string | undefined => {
      const ms = fromWallClock(clock, range.tz);
      return ms === undefined ? undefined : toIso(ms);
    };
    if (!isBackwards) setRange(state, { start: toTime(start), end: toTime(end) });
  };
  return (
    <form class="custom-range" onSubmit={apply}>
      <label class="field">
        <span>From</span>
        <input
          type="datetime-local"
          step="1"
          value={start}
          onInput={({ currentTarget }) => setStart(currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>To, exclusive</span>
        <input
          type="datetime-local"
          step="1"
          value={end}
          aria-invalid={isBackwards}
          onInput={({ currentTarget }) => setEnd(currentTarget.value)}
        />
      </label>
      <Button type="submit" disabled={isBackwards || (start === "" && end === "")}>
        Apply
      </Button>
      {isBackwards && <p class="field-error">The end must be after the start.</p>}
    </form>
  );
}

/** Chooses the time zone in the URL, by typing a part of its name. */
export function ZonePicker({ zone }: { zone: string }) {
  const state = useUrlState();
  const id = useId();
  const [text, setText] = useState<string>();
  const typed = text ?? zone;
  const apply = (value: string): void => {
    setText(isZone(value) || value === "" ? undefined : value);
    if (value === "") state.set({ tz: undefined });
    else if (isZone(value)) state.set({ tz: value });
  };
  return (
    <label class="field">
      <span>Time zone</span>
      <input
        list={id}
        value={typed}
        spellcheck={false}
        aria-invalid={!isZone(typed)}
        onFocus={({ currentTarget }) => currentTarget.select()}
        onChange={({ currentTarget }) => apply(currentTarget.value.trim())}
      />
      <datalist id={id}>
        {[localZone(), ...allZones()].map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {!isZone(typed) && <span class="field-error">No zone has this name.</span>}
    </label>
  );
}
