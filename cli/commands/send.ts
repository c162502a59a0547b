import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Command, Option } from "commander";
import type { Access, Where } from "../access/access.ts";
import { findAccess } from "../access/access.ts";
import { CliError, usageError } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import { cleaningUp, interrupted, signalCode } from "../interrupt.ts";
import { positiveNumber, several } from "../options/parsers.ts";
import { note, printable } from "../output/note.ts";
import { Output } from "../output/output.ts";
import { startProgress } from "../output/progress.ts";
import { openBytes } from "../send/bytes.ts";
import { complete } from "../send/complete.ts";
import { type Delivered, Delivery } from "../send/deliver.ts";
import { Ledger } from "../send/ledger.ts";
import { FORMATS, type Format, formatOf, readRecords } from "../send/records.ts";
import { fingerprint, readState, removeState, type SendState, stateFile, writeState } from "../send/state.ts";

interface Options {
  format?: Format;
  map?: string[];
  onlyMapped?: boolean;
  infer?: boolean;
  delimiter?: string;
  type?: string;
  rejected?: string;
  state?: string;
  restart?: boolean;
  timeout: number;
}

const EXAMPLES = `
Examples:
  weir send events.ndjson
  weir send orders.csv.gz --type order.placed --map event_id=id,timestamp=when,payload.amount=price:number
  zcat *.gz | weir send --format ndjson

An event without event_id gets one that depends on its text and place, so that sending the file again counts nothing twice.
An interrupted run continues if you repeat the command.`;

/** `weir send`: sends events from a file or standard input. */
export const sendCommand = (): Command =>
  new Command("send")
    .description("send events from a file or standard input; safe to repeat")
    .argument("[file]", "NDJSON, JSON, CSV or TSV, also compressed with gzip; by default, standard input")
    .addOption(
      new Option("--format <format>", "by default, by the file's name or first character").choices(FORMATS),
    )
    .option(
      "--map <target=column[:type],...>",
      "how columns become members; may be given more than once",
      several,
    )
    .option(
      "--only-mapped",
      "leave out columns that --map does not name, instead of adding them to the payload",
    )
    .option("--infer", "numbers, true and false in columns without a type become JSON numbers and booleans")
    .option("--delimiter <character>", "between the cells of a table (default: a comma, a tab for TSV)")
    .option("--type <event type>", "of events that have none")
    .option(
      "--rejected <file>",
      "file for what was not accepted, with reasons (default: <file>.rejected.ndjson)",
    )
    .option("--state <file>", "file that keeps how far the input was sent; also for standard input")
    .option("--restart", "from the beginning, although an earlier run was interrupted")
    .option("--timeout <seconds>", "how long to retry without any success", positiveNumber, 120)
    .addHelpText("after", EXAMPLES)
    .action(send);

/** Everything that a run knows of its input and of earlier runs. */
interface Run {
  access: Access;
  rejectedFile: string;
  stateFile: string | undefined;
  state: SendState;
}

const SAVE_MS = 1_000;
const SHOW_MS = 200;
/** How long the reason for a wait is shown. */
const REASON_MS = 3_000;

async function send(file: string | undefined, options: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const access = await findAccess(command.optsWithGlobals<Where>(), "ingest");
  const input = file === "-" ? undefined : file;
  const run = await prepare(input, options, access, output.zone);
  const { delivered, ledger } = await cleaningUp(() => deliver(input, options, run, output));
  await report(run, delivered, ledger, output);
}

/** Finds the state of an interrupted run of the same input. */
async function prepare(
  input: string | undefined,
  options: Options,
  access: Access,
  zone: string,
): Promise<Run> {
  const { url } = access;
  const { format, map, onlyMapped, infer, delimiter, type, restart } = options;
  const settings = { format, map, onlyMapped, infer, delimiter, type, zone };
  const path = options.state ?? (input === undefined ? undefined : stateFile(input, url, settings));
  const fresh: SendState = {
    version: 1,
    input: input ?? "-",
    url,
    fingerprint: input === undefined ? null : await fingerprint(input),
    startedAt: new Date().toISOString(),
    done: 0,
    rejected: 0,
    rejectedBytes: 0,
  };
  const former = path === undefined || restart ? undefined : await readState(path);
  const state = former && (await isSame(input, former, url)) ? former : fresh;
  if (former && state === fresh)
    note("The input has changed since the interrupted run: starting from its beginning.");
  if (state.done > 0)
    note(
      `Continuing after ${state.done.toLocaleString("en")} records that were sent before (--restart sends all).`,
    );
  const name = input === undefined ? "rejected.ndjson" : `${basename(input)}.rejected.ndjson`;
  return { access, rejectedFile: options.rejected ?? name, stateFile: path, state };
}

async function isSame(input: string | undefined, state: SendState, url: string): Promise<boolean> {
  if (state.url !== url) return false;
  if (input === undefined || state.fingerprint === null)
    return input === undefined && state.fingerprint === null;
  // A file that has grown is still the same.
  const { sha256 } = await fingerprint(input, state.fingerprint.bytes);
  return sha256 === state.fingerprint.sha256;
}

function delimiterOf({ delimiter }: Options, format: Format): string {
  if (delimiter === undefined) return format === "tsv" ? "\t" : ",";
  if (delimiter === "tab" || delimiter === "\\t") return "\t";
  if ([...delimiter].length !== 1) throw usageError("--delimiter must be one character, or tab.");
  return delimiter;
}

async function deliver(input: string | undefined, options: Options, run: Run, output: Output) {
  const { access, state, rejectedFile } = run;
  // The ledger adds to it.
  const before = state.done;
  const ledger = new Ledger(rejectedFile, state);
  const tell = limited((reason) => note(`${reason} Trying again …`));
  let waits = { reason: "", until: 0 };
  const delivery = new Delivery({
    access,
    ledger,
    done: before,
    timeoutMs: options.timeout * 1_000,
    signal: interrupted,
    complete: (record) => complete(record, { type: options.type, startedAt: state.startedAt }),
    onRetry: (reason, isLimit) => {
      waits = { reason, until: performance.now() + REASON_MS };
      // A rate limit only sets the pace. On a terminal the bar says it.
      if (!isLimit && !process.stderr.isTTY) tell(reason);
    },
  });
  const bytes = await openBytes(input, delivery.stopped);
  const format = options.format ?? formatOf(input, bytes.start);
  const table = {
    map: options.map ?? [],
    onlyMapped: options.onlyMapped ?? false,
    infer: options.infer ?? false,
    zone: output.zone,
    delimiter: delimiterOf(options, format),
  };
  if (options.map !== undefined && format !== "csv" && format !== "tsv")
    throw usageError("--map is for tables: CSV or TSV.");
  const progress = startProgress(input === undefined ? undefined : (await stat(input)).size);
  const show = setInterval(() => {
    const sent = `${(before + delivery.delivered).toLocaleString("en")} sent`;
    const rejected = ledger.rejected > 0 ? `, ${ledger.rejected.toLocaleString("en")} rejected` : "";
    const reason = performance.now() < waits.until ? `; ${printable(waits.reason)}` : "";
    progress.update(bytes.position(), `${sent}${rejected}${reason}`);
  }, SHOW_MS);
  const saver = new Saver(run, ledger);
  const save = setInterval(() => void saver.save(), SAVE_MS);
  try {
    const delivered = await delivery.run(readRecords(bytes, format, table));
    return { delivered, ledger };
  } finally {
    clearInterval(show);
    clearInterval(save);
    progress.stop();
    await saver.save();
    ledger.close();
  }
}

/** Saves the state, one write after the other. */
class Saver {
  readonly #run: Run;
  readonly #ledger: Ledger;
  #last: Promise<void> = Promise.resolve();

  constructor(run: Run, ledger: Ledger) {
    this.#run = run;
    this.#ledger = ledger;
  }

  save(): Promise<void> {
    this.#last = this.#last.then(async () => {
      const { stateFile: file, state } = this.#run;
      Object.assign(state, this.#ledger.flush());
      if (file !== undefined) await writeState(file, state);
    });
    return this.#last;
  }
}

/** At most once in some seconds. */
function limited(tell: (text: string) => void): (text: string) => void {
  let next = 0;
  return (text) => {
    if (performance.now() < next) return;
    next = performance.now() + 5_000;
    tell(text);
  };
}

async function report(run: Run, delivered: Delivered, ledger: Ledger, output: Output): Promise<void> {
  const { state, stateFile: file, rejectedFile } = run;
  const { records, accepted, duplicates, notSent, error } = delivered;
  const before = records - accepted - duplicates - ledger.rejected - notSent;
  const rejectedBefore = state.rejected - ledger.rejected;
  const result = {
    records,
    sent_before: Math.max(0, before - rejectedBefore),
    accepted,
    duplicates,
    rejected: ledger.rejected + Math.max(0, Math.min(before, rejectedBefore)),
    not_sent: notSent,
    rejected_file: ledger.rejected + rejectedBefore > 0 ? rejectedFile : null,
  };
  const isOver = notSent === 0 && !error && !interrupted.aborted;
  if (isOver && file !== undefined) await removeState(file);
  await output.print(result, () => [summary(result)]);
  if (result.rejected_file !== null) note(`What was rejected, and why, is in ${result.rejected_file}.`);
  if (!isOver && file !== undefined && signalCode !== undefined)
    note("Interrupted. Run the same command again to continue.");
  if (error) throw new CliError(error.message, error.code, [...error.details, ...again(file)]);
  if (signalCode !== undefined) return;
  if (result.rejected > 0 || notSent > 0) process.exitCode = exitCodes.failed;
}

const again = (file: string | undefined): string[] =>
  file === undefined ? [] : ["Run the same command again to continue."];

/** The parts add up to the number of records. */
function summary(
  result: Record<"records" | "sent_before" | "accepted" | "duplicates" | "rejected" | "not_sent", number>,
) {
  const parts = [
    [result.sent_before, "sent before"],
    [result.accepted, "accepted"],
    [result.duplicates, "duplicates"],
    [result.rejected, "rejected"],
    [result.not_sent, "not sent"],
  ] as const;
  const shown = parts.filter(
    ([count, name]) => count > 0 || name === "accepted" || name === "duplicates" || name === "rejected",
  );
  return `${result.records.toLocaleString("en")} records = ${shown.map(([count, name]) => `${count.toLocaleString("en")} ${name}`).join(" + ")}`;
}
