import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { parseExact } from "../../lib/base/json.ts";
import { type Client, type components, createWeirClient, WeirError } from "../../sdk/typescript/src/node.ts";
import { findAccess, type Where } from "../access/access.ts";
import { apiError, isTemporary, networkReason } from "../errors.ts";
import { cleaningUp, interrupted } from "../interrupt.ts";
import { wholeNumber } from "../options/parsers.ts";
import { note, printable } from "../output/note.ts";
import { Output, write } from "../output/output.ts";
import { cut } from "../output/table.ts";
import { addConditions } from "./filter.ts";

interface Options {
  type?: string;
  client?: string;
  where?: string[];
  after: string;
  limit?: number;
}

type Query = NonNullable<NonNullable<Parameters<Client["listEvents"]>[0]>["query"]>;
type StoredEvent = components["schemas"]["StoredEvent"];

interface Page {
  events: StoredEvent[];
  next_cursor: string;
}

/** Longest time of a long poll, in seconds. */
const WAIT_SECONDS = 20;
/** Additional time for the response, in milliseconds. */
const MARGIN_MS = 10_000;
/** Delay before a retry if the response has no `Retry-After`, in milliseconds. */
const PAUSE_MS = 1_000;
/** Most characters of a payload in a line. */
const LONGEST_PAYLOAD = 200;

/** `weir tail`: follows the change feed. */
export const tailCommand = (): Command =>
  addConditions(new Command("tail").description("print new events as they are stored; with --json as NDJSON"))
    .option(
      "--after <cursor>",
      "continue after an earlier run; `beginning` for everything in the feed",
      "latest",
    )
    .option("--limit <events>", "end after this many", wholeNumber)
    .action(follow);

async function follow(options: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const { url, key } = await findAccess(command.optsWithGlobals<Where>(), "read");
  const weir = createWeirClient({ url, key, timeoutMs: WAIT_SECONDS * 1_000 + MARGIN_MS });
  let after = options.after === "beginning" ? undefined : options.after;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  await cleaningUp(async () => {
    while (left > 0 && !interrupted.aborted && process.stdout.writable) {
      const page = await nextPage(weir, url, queryOf(options, after, left));
      const lines = page?.events.map((event) =>
        output.json ? JSON.stringify(event) : lineOf(event, output),
      );
      await write(process.stdout, (lines ?? []).map((line) => `${line}\n`).join(""));
      left -= page?.events.length ?? 0;
      after = page?.next_cursor ?? after;
    }
  });
  // On standard error, so that standard output has only events.
  if (after !== undefined && after !== "latest" && process.stdout.writable)
    note(`Continue with --after ${after}`);
}

const queryOf = ({ type, client, where }: Options, after: string | undefined, left: number): Query => ({
  order: "asc",
  wait: WAIT_SECONDS,
  limit: Math.min(left, 100),
  ...(after !== undefined && { after }),
  ...(type !== undefined && { event_type: type }),
  ...(client !== undefined && { client }),
  ...(where !== undefined && { where }),
});

/**
 * @returns undefined if the call was stopped, or did not succeed but may later
 * @throws {CliError} if a repeated call could not succeed either
 */
async function nextPage(weir: Client, url: string, query: Query): Promise<Page | undefined> {
  try {
    const answer = await weir.response("listEvents", { query }, { signal: interrupted });
    // Numbers keep their digits.
    return parseExact(await answer.text()) as Page;
  } catch (error) {
    if (interrupted.aborted) return undefined;
    const isAnswer = error instanceof WeirError;
    if (isAnswer && !isTemporary(error.status)) throw apiError(error, url);
    note(`${isAnswer ? error.detail : `${url} can't be reached: ${networkReason(error)}.`} Trying again …`);
    const pause = (isAnswer && error.retryAfterMs) || PAUSE_MS;
    await sleep(pause, undefined, { signal: interrupted }).catch(() => {});
    return undefined;
  }
}

function lineOf(
  { received_at, client_id, event_type, event_id, payload }: StoredEvent,
  output: Output,
): string {
  const { paint, style, time } = output;
  const text = JSON.stringify(payload) ?? "";
  const short = text.length > LONGEST_PAYLOAD ? `${text.slice(0, LONGEST_PAYLOAD)} …` : text;
  const separator = style.tsv ? "\t" : "  ";
  const facts = [time(received_at), client_id, event_type, event_id].map((fact) => printable(String(fact)));
  const room = (style.width ?? Number.POSITIVE_INFINITY) - facts.join(separator).length - separator.length;
  const shown = style.tsv ? text : room < 1 ? "" : cut(printable(short), room);
  const [at = "", client = "", type = "", id = ""] = facts;
  return [paint("dim", at), client, paint("cyan", type), id, shown].join(separator);
}
