/** Many clients and types: what is asked of each is sparse. */
import * as contract from "../../lib/analytics/contract.ts";
import { listEvents } from "../../lib/events/contract.ts";
import { interleave } from "../measure.ts";
import type { Bench, Table } from "../part.ts";
import { SPREADS, type Spread } from "../spreads.ts";
import { format } from "../statistics.ts";
import { contender, nameOf, open, pick, type Question, quantities, range, ZONES } from "./ask.ts";

/** With many clients and types, what is asked of each is sparse. */
const sparseQuestions = (now: number, { clients, types }: Spread): Question[] => [
  {
    name: "count, one client",
    operation: contract.countEvents,
    query: (random) => ({ ...range(random, now), client: pick(random, clients) }),
  },
  {
    name: "count, one client, one type",
    operation: contract.countEvents,
    query: (random) => ({
      ...range(random, now),
      client: pick(random, clients),
      event_type: pick(random, types),
    }),
  },
  {
    name: "series by day, one client",
    operation: contract.getSeries,
    query: (random) => ({
      ...range(random, now),
      interval: "day",
      tz: pick(random, ZONES),
      client: pick(random, clients),
    }),
  },
  {
    name: "list, one client",
    operation: listEvents,
    query: (random) => ({ client: pick(random, clients), limit: "20" }),
  },
  {
    name: "list, all clients",
    operation: listEvents,
    query: () => ({ limit: "20" }),
  },
];

/** Many clients and types. */
export async function sparseTable(bench: Bench): Promise<Table> {
  const one = await open(await bench.servers.stored(bench.scale.manyKinds, { spread: "many" }));
  const { clients, types } = SPREADS.many;
  const asked = sparseQuestions(one.until, SPREADS.many);
  const measured = await interleave(
    bench,
    asked.map((question) => contender(one, question)),
  );
  return {
    caption: `${format(clients.length)} clients and ${format(types.length)} types, ${format(one.events)} events stored in ${Math.round(one.loadedInS)} s:`,
    head: ["", "p50", "p99", "pages"],
    rows: asked.map(({ name }) => [name, ...quantities(measured, nameOf(name, one.events))]),
  };
}
