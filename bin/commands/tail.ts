import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { parseExact } from "../../lib/base/json.ts";
import { type Client, createWeirClient, WeirError } from "../../sdk/typescript/src/node.ts";
import { findAccess } from "./access.ts";
import { wholeNumber } from "./options.ts";

interface Options {
  url?: string;
  type?: string;
  client?: string;
  where: string[];
  after: string;
  limit?: number;
}

type Query = NonNullable<NonNullable<Parameters<Client["listEvents"]>[0]>["query"]>;

interface Page {
  events: Record<string, unknown>[];
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
export function tailCommand(): Command {
  return new Command("tail")
    .description(
      "print new events as they are stored, with the API key in WEIR_API_KEY; with --json as NDJSON",
    )
    .option("--url <url>", "the API; by default, the one that `npm start` runs")
    .option("--type <event type>", "only events of this type")
    .option("--client <id>", "only this client's events, for an administrator's key")
    .option(
      "--where <condition>",
      "such as payload.magnitude>=4.5; may be given more than once",
      (text: string, before: string[]) => [...before, text],
      [] as string[],
    )
    .option(
      "--after <cursor>",
      "continue after an earlier run; `beginning` for everything in the feed",
      "latest",
    )
    .option("--limit <events>", "end after this many", wholeNumber)
    .action(follow);
}

async function follow(options: Options, command: Command): Promise<void> {
  const weir = createWeirClient({
    ...(await findAccess(options, "read")),
    timeoutMs: WAIT_SECONDS * 1_000 + MARGIN_MS,
  });
  const { json = false } = command.optsWithGlobals<{ json?: boolean }>();
  const stopped = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());
  let after = options.after === "beginning" ? undefined : options.after;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  while (left > 0 && !stopped.signal.aborted) {
    const page = await nextPage(weir, queryOf(options, after, left), stopped.signal);
    for (const event of page?.events ?? []) console.log(json ? JSON.stringify(event) : lineOf(event));
    left -= page?.events.length ?? 0;
    after = page?.next_cursor ?? after;
  }
  // On standard error, so that standard output has only events.
  if (after !== undefined && after !== "latest") console.error(`Continue with --after ${after}`);
}

const queryOf = ({ type, client, where }: Options, after: string | undefined, left: number): Query => ({
  order: "asc",
  wait: WAIT_SECONDS,
  limit: Math.min(left, 100),
  ...(after !== undefined && { after }),
  ...(type !== undefined && { event_type: type }),
  ...(client !== undefined && { client }),
  ...(where.length > 0 && { where }),
});

/**
 * @returns undefined if the call was stopped, or did not succeed but may later
 * @throws {WeirError} if a repeated call could not succeed either
 */
async function nextPage(weir: Client, query: Query, stopped: AbortSignal): Promise<Page | undefined> {
  try {
    const answer = await weir.response("listEvents", { query }, { signal: stopped });
    // Numbers keep their digits.
    return parseExact(await answer.text()) as Page;
  } catch (error) {
    if (stopped.aborted) return undefined;
    const isAnswer = error instanceof WeirError;
    if (isAnswer && error.status < 500 && error.status !== 429) throw error;
    console.error(`${(error as Error).message} Trying again …`);
    await sleep((isAnswer && error.retryAfterMs) || PAUSE_MS, undefined, { signal: stopped }).catch(() => {});
    return undefined;
  }
}

/** Without control characters, which a terminal would interpret. */
function lineOf({ received_at, client_id, event_type, event_id, payload }: Record<string, unknown>): string {
  const text = JSON.stringify(payload) ?? "";
  const short = text.length > LONGEST_PAYLOAD ? `${text.slice(0, LONGEST_PAYLOAD)} …` : text;
  return [received_at, client_id, event_type, event_id, short].join("  ").replaceAll(/\p{Cc}/gu, " ");
}
