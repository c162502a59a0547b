import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type Command, InvalidArgumentError } from "commander";
import { parseExact } from "../../lib/base/json.ts";
import { type EventInput, Sender } from "../../sdk/typescript/src/node.ts";
import { findAccess } from "./access.ts";
import { print } from "./connect.ts";

interface Options {
  url?: string;
  timeout: number;
}

/** Most refused events that are reported one by one. */
const MOST_REPORTED = 20;

/** Adds `weir events send`, which sends events over HTTP with the SDK. */
export function addSendCommand(events: Command): void {
  events
    .command("send")
    .description("send events, one JSON object per line, with the API key in WEIR_API_KEY")
    .argument("[file]", "input file; by default, standard input")
    .option("--url <url>", "the API; by default, the one that `npm start` runs")
    .option("--timeout <seconds>", "how long to retry after the last event was read", seconds, 120)
    .action(send);
}

async function send(file: string | undefined, options: Options, command: Command): Promise<void> {
  const sender = new Sender({ ...(await findAccess(options, "ingest")), whenFull: "wait" });
  const result = { delivered: 0, failed: 0 };
  const fail = (line: number, { message }: Error): void => {
    if (result.failed++ < MOST_REPORTED) console.error(`Line ${line}: ${message}`);
  };
  const lines = createInterface({ input: file === undefined ? process.stdin : createReadStream(file) });
  let number = 0;
  for await (const text of lines) {
    const line = ++number;
    if (text.trim() === "") continue;
    await sender.ready();
    try {
      sender.send(parseEvent(text)).then(
        () => result.delivered++,
        (error: Error) => fail(line, error),
      );
    } catch (error) {
      fail(line, error as Error);
    }
  }
  await sender.close({ timeoutMs: options.timeout * 1_000 });
  print(command, result, [`${result.delivered} delivered, ${result.failed} failed.`]);
  if (result.failed > 0) process.exitCode = 1;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("It must be a positive number.");
  return value;
}

const MEMBERS = ["event_id", "event_type", "timestamp", "payload"];

/** Numbers keep their digits. @throws if the line is no object, or has a member that would not be sent */
function parseEvent(text: string): EventInput {
  const event = parseExact(text);
  if (typeof event !== "object" || event === null || Array.isArray(event))
    throw new TypeError("The line is not a JSON object.");
  const extra = Object.keys(event).find((name) => !MEMBERS.includes(name));
  if (extra !== undefined) throw new TypeError(`The event has an unknown member ${JSON.stringify(extra)}.`);
  return event as EventInput;
}
