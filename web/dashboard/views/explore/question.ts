/** A question as the URL has it, and the call of the API that answers it. */
import type { OperationId, Parameters } from "../../api/client.ts";
import { faultOfCondition, faultOfProperty } from "./conditions.ts";
import { chooseInterval, type Interval, intervalsFor } from "./intervals.ts";

/** What can be asked, and what it is called. */
export const MEASURES = {
  series: "Events over time",
  count: "Number of events",
  top: "Most frequent values",
  uniques: "Different values",
  funnel: "Funnel",
} as const;
export type Measure = keyof typeof MEASURES;

export const GROUPINGS = { event_type: "Event type", client: "Client" } as const;
export type Grouping = keyof typeof GROUPINGS;

export interface FunnelStep {
  event_type: string;
  where: string[];
}

/** Windows of a funnel that the form offers, in seconds. */
export const WINDOWS = {
  "3600": "1 hour",
  "86400": "1 day",
  "604800": "7 days",
  "2592000": "30 days",
  "7776000": "90 days",
} as const;
export const MOST_STEPS = 8;
export const LIMITS = [10, 25, 50, 100] as const;

export interface Question {
  measure: Measure;
  /** RFC 3339. A question needs both, since it costs by its range. */
  start: string | undefined;
  end: string | undefined;
  tz: string;
  event_type: string | undefined;
  client: string | undefined;
  where: readonly string[];
  /** Undefined if the measure has no buckets. */
  interval: Interval | undefined;
  by: Grouping | undefined;
  property: string | undefined;
  limit: number;
  steps: readonly FunnelStep[];
  windowSeconds: number;
}

/** What a view's URL offers. */
export interface UrlWords {
  get(name: string): string | undefined;
  all(name: string): string[];
}

/** Reads the question in the URL. Values that are not known are replaced by the default. */
export function readQuestion(url: UrlWords, range: Pick<Question, "start" | "end" | "tz">): Question {
  const measure = keyIn(MEASURES, url.get("measure")) ?? "series";
  const length = Date.parse(range.end ?? "") - Date.parse(range.start ?? "");
  const limit = Number(url.get("limit"));
  const window = url.get("window");
  return {
    ...range,
    measure,
    event_type: url.get("type"),
    client: url.get("client"),
    where: url.all("where"),
    interval: intervalOf(measure, length, url.get("interval")),
    by: keyIn(GROUPINGS, url.get("by")),
    property: url.get("property"),
    limit: LIMITS.find((one) => one === limit) ?? 10,
    steps: url.all("step").map(readStep),
    windowSeconds: window !== undefined && /^[1-9]\d{0,7}$/.test(window) ? Number(window) : 86_400,
  };
}

const keyIn = <Name extends string>(
  names: Readonly<Record<Name, unknown>>,
  name: string | undefined,
): Name | undefined => (name !== undefined && Object.hasOwn(names, name) ? (name as Name) : undefined);

/** `total` stands in the URL for one number without buckets. */
export const NO_INTERVAL = "total";

function intervalOf(measure: Measure, lengthMs: number, wanted: string | undefined): Interval | undefined {
  if (measure === "series") return chooseInterval(lengthMs, wanted);
  if (measure !== "uniques" || wanted === undefined || wanted === NO_INTERVAL) return undefined;
  return chooseInterval(lengthMs, wanted, uniquesIntervals(lengthMs));
}

/** The intervals for different values: the API has no minutes. */
export const uniquesIntervals = (lengthMs: number): Interval[] =>
  intervalsFor(lengthMs).filter((name) => name !== "minute");

/** A step of a funnel as one parameter: the event type, or a JSON array of it and its conditions. */
export const writeStep = ({ event_type, where }: FunnelStep): string =>
  where.length === 0 && !event_type.startsWith("[") ? event_type : JSON.stringify([event_type, ...where]);

/** Reads what `writeStep` wrote; any other text is an event type. */
export function readStep(text: string): FunnelStep {
  if (text.startsWith("["))
    try {
      const words: unknown = JSON.parse(text);
      if (Array.isArray(words) && words.every((word) => typeof word === "string")) {
        const [event_type = "", ...where] = words as string[];
        return { event_type, where };
      }
    } catch {
      // An event type may begin with a bracket.
    }
  return { event_type: text, where: [] };
}

/** A call that answers a question. */
export type Asked = {
  [Id in "countEvents" | "groupEvents" | "getSeries" | "getTop" | "getUniques" | "getFunnel"]: {
    id: Id;
    parameters: Parameters<Id>;
  };
}[OperationId & ("countEvents" | "groupEvents" | "getSeries" | "getTop" | "getUniques" | "getFunnel")];

/** The call for a question, or a sentence about what is missing. */
export function toCall(question: Question): Asked | string {
  const { measure, start, end, tz, event_type, client, where, interval, by, limit } = question;
  if (start === undefined || end === undefined) return "Enter both ends of the time range.";
  if (Date.parse(start) >= Date.parse(end)) return "The time range ends before it starts.";
  const scope = { start, end, ...(client !== undefined && { client }) };
  const fault = measure === "funnel" ? undefined : where.map(describeFault).find((one) => one !== undefined);
  if (fault !== undefined) return fault;
  const conditions = where.length > 0 ? { where: [...where] } : {};
  const typed = { ...scope, ...(event_type !== undefined && { event_type }) };
  const types = { ...scope, ...(event_type !== undefined && { event_type: [event_type] }) };
  switch (measure) {
    case "count":
      if (by === undefined) return { id: "countEvents", parameters: { query: { ...types, ...conditions } } };
      if (where.length > 0)
        return "Numbers by group are counted without conditions. Remove the conditions, or ask for events over time.";
      return { id: "groupEvents", parameters: { query: { ...types, by, limit } } };
    case "series":
      return {
        id: "getSeries",
        parameters: {
          query: {
            ...types,
            ...conditions,
            interval: interval ?? "day",
            tz,
            ...(by !== undefined && { by, limit }),
          },
        },
      };
    case "top":
    case "uniques":
      return aboutProperty(question, { ...typed, ...conditions });
    case "funnel":
      return toFunnel(question, scope);
  }
}

function aboutProperty(
  { measure, property, limit, interval, tz }: Question,
  query: { start: string; end: string },
): Asked | string {
  if (property === undefined) return "Enter a property, such as payload.user.id.";
  const fault = faultOfProperty(property);
  if (fault !== undefined) return `The property ${fault}.`;
  if (measure === "top") return { id: "getTop", parameters: { query: { ...query, property, limit } } };
  const buckets = interval !== undefined && interval !== "minute" && { interval, tz };
  return { id: "getUniques", parameters: { query: { ...query, property, ...buckets } } };
}

function toFunnel(
  { property, steps, windowSeconds }: Question,
  scope: { start: string; end: string },
): Asked | string {
  const complete = steps.filter(({ event_type }) => event_type !== "");
  if (property === undefined) return "Enter the property that connects the steps, such as payload.user.id.";
  const wrong = faultOfProperty(property);
  if (wrong !== undefined) return `The property ${wrong}.`;
  if (complete.length < 2) return "Choose the event types of at least two steps.";
  const fault = complete.flatMap(({ where }) => where.map(describeFault)).find((one) => one !== undefined);
  if (fault !== undefined) return fault;
  const stepsOf = complete.map(({ event_type, where }) =>
    where.length > 0 ? { event_type, where } : { event_type },
  );
  return {
    id: "getFunnel",
    parameters: { body: { ...scope, key: property, window_seconds: windowSeconds, steps: stepsOf } },
  };
}

function describeFault(condition: string): string | undefined {
  const fault = faultOfCondition(condition);
  return fault === undefined ? undefined : `The condition ${condition} ${fault}.`;
}
