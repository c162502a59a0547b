import { useMemo } from "preact/hooks";
import { useApi } from "../../api/use-api.ts";
import { hasScope } from "../../app/session.ts";
import { propertiesOf } from "./conditions.ts";
import type { Question } from "./question.ts";

/** Values to choose from; any others can be typed. */
export interface Suggestions {
  types: readonly string[];
  clients: readonly string[];
  properties: readonly string[];
}

/** How many of the newest events are searched for properties. */
const SAMPLE = 50;

/** What the data has: the types and properties of events, and for administrators the clients. */
export function useSuggestions({ client, event_type }: Question): Suggestions {
  const scope = client === undefined ? {} : { client };
  const groups = useApi("groupEvents", { query: { ...scope, by: "event_type", limit: 200 } });
  const clients = useApi("listClients", hasScope("admin") ? { query: { limit: 200 } } : undefined);
  const sample = useApi("listEvents", {
    query: { ...scope, limit: SAMPLE, ...(event_type !== undefined && { event_type }) },
  });
  return useMemo(
    () => ({
      types: groups.data?.groups.map((group) => group.event_type ?? "") ?? [],
      clients: clients.data?.clients.map(({ client_id }) => client_id) ?? [],
      properties: propertiesOf(sample.data?.events.map(({ payload }) => payload) ?? []),
    }),
    [groups.data, clients.data, sample.data],
  );
}
