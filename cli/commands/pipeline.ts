/** Commands about accepted events: `weir pipeline`, `weir receipt`, `weir latency`. */
import { Command } from "commander";
import { Output } from "../output/output.ts";
import { withSystem } from "../system.ts";
import { addTypes, type CountFilterOptions, filterOf } from "./filter.ts";

const NEED = { scope: "read" } as const;

/** `weir pipeline`: the totals, which add up, and the queue. */
export const pipelineCommand = (): Command =>
  new Command("pipeline")
    .description("show what became of all accepted events, and the queue")
    .option("--client <id>", "only this client's, for an administrator's key")
    .action(async ({ client }: { client?: string }, command: Command) => {
      const output = new Output(command);
      const query = client === undefined ? {} : { client };
      const result = await withSystem(command, NEED, (api) => api.call("getPipeline", { query }));
      const { queue, audit, ...totals } = result;
      await output.print(result, () => [
        sum(totals),
        "",
        ...output.fields([
          ["messages in the queue", queue.messages],
          ["events in them", queue.events],
          ["age of the oldest", `${(queue.oldest_age_ms / 1_000).toFixed(1)} s`],
          ["events stored per second", queue.drain_per_second.toFixed(1)],
          ["dead letters", queue.dead_letters],
          ["calls without an audit entry", audit.missing],
        ]),
      ]);
    });

/** `weir receipt`: what became of one request's events. */
export const receiptCommand = (): Command =>
  new Command("receipt")
    .description("show what became of the events of one request")
    .argument("<receipt id>", "from the response to the request")
    .action(async (id: string, _: object, command: Command) => {
      const output = new Output(command);
      const path = { receipt_id: id };
      const result = await withSystem(command, NEED, (api) => api.call("getReceipt", { path }));
      await output.print(result, () => [
        sum(result),
        "",
        ...output.fields([
          ["received", output.time(result.received_at)],
          ["completed", output.time(result.completed_at)],
        ]),
      ]);
    });

interface Totals {
  accepted: number;
  stored: number;
  duplicates: number;
  quarantined: number;
  pending: number;
}

const sum = ({ accepted, stored, duplicates, quarantined, pending }: Totals): string =>
  `${accepted} accepted = ${stored} stored + ${duplicates} duplicates + ${quarantined} quarantined + ${pending} pending`;

/** `weir latency`: how long events take from received to stored. */
export const latencyCommand = (): Command =>
  addTypes(new Command("latency").description("show the time from received to stored")).action(
    async (options: Omit<CountFilterOptions, "where">, command: Command) => {
      const output = new Output(command);
      const query = filterOf(options, output.zone);
      const result = await withSystem(command, NEED, (api) => api.call("getLatency", { query }));
      await output.print(result, () =>
        output.fields([
          ["events", result.count],
          ["p50", milliseconds(result.p50_ms)],
          ["p95", milliseconds(result.p95_ms)],
          ["p99", milliseconds(result.p99_ms)],
          ["longest", milliseconds(result.max_ms)],
        ]),
      );
    },
  );

const milliseconds = (ms: number | null): string | null => (ms === null ? null : `${ms} ms`);
