import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { Command } from "commander";
import type { Checkpoint } from "../../../lib/trail/checkpoint.ts";
import { linesOf, verifyLines } from "../../../lib/trail/file.ts";
import { parseCheckpoint } from "../../../lib/trail/trail.ts";
import type { Verification } from "../../../lib/trail/verification.ts";
import type { Result } from "../../../sdk/typescript/src/node.ts";
import type { Api } from "../../api/api.ts";
import { usageError } from "../../errors.ts";
import { exitCodes } from "../../exit-codes.ts";
import { addRange, type RangeOptions, rangeOf } from "../../options/range.ts";
import { Output } from "../../output/output.ts";
import { withSystem } from "../../system.ts";
import { explainFault, readKeys } from "./keys.ts";

interface Options extends RangeOptions {
  publicKey?: string[];
  checkpoints?: string[];
}

/** `weir audit verify`: is the trail as it was written? */
export const verifyCommand = (): Command =>
  addRange(new Command("verify"), "without a file: the days with calls")
    .description(
      "verify an exported trail, with no server and no network; without a file, let the server verify its own",
    )
    .argument("[file]", "file written by `export`; - for standard input")
    .option("--public-key <file...>", "Ed25519 keys in PEM; without any, signatures are not checked")
    .option("--checkpoints <file...>", "your copies of checkpoints, one per line")
    .action(verify);

async function verify(file: string | undefined, options: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const range = rangeOf(options, output.zone);
  if (file !== undefined && Object.keys(range).length > 0)
    throw usageError("Only a whole file can be verified: omit --last, --start and --end.");
  if (file === undefined && (options.publicKey ?? options.checkpoints) !== undefined)
    throw usageError("Your own keys and checkpoints need an export: weir audit export --out audit.ndjson");
  const result =
    file === undefined
      ? await withSystem(command, { scope: "audit" }, (api) => verifyOnServer(api, range))
      : await verifyFile(file, options);
  if (!result.valid) process.exitCode = exitCodes.failed;
  await output.print(result, () => describe(result, file === undefined));
}

async function verifyFile(file: string, options: Options): Promise<Verification> {
  const publicKeys = await readKeys(options);
  const copies = await readCopies(options);
  const input = file === "-" ? process.stdin.setEncoding("utf8") : createReadStream(file, "utf8");
  return verifyLines(linesOf(input as AsyncIterable<string>), { publicKeys, copies });
}

/** Follows the cursor until the whole trail is verified, and shows how far it is on a terminal. */
async function verifyOnServer(api: Api, range: { start?: string; end?: string }) {
  let cursor: string | null = null;
  for (;;) {
    const query: object = { ...range, ...(cursor !== null && { cursor }) };
    const result: Result<"verifyAudit"> = await api.call("verifyAudit", { query });
    const isDone = result.complete || !result.valid || result.next_cursor === null;
    if (process.stderr.isTTY) {
      const progress = `${result.entries.toLocaleString("en")} entries verified`;
      process.stderr.write(isDone ? `\r${" ".repeat(progress.length)}\r` : `\r${progress}`);
    }
    if (isDone) return result;
    cursor = result.next_cursor;
  }
}

async function readCopies({ checkpoints = [] }: Options): Promise<Checkpoint[]> {
  const texts = await Promise.all(checkpoints.map((file) => readFile(file, "utf8")));
  return texts.flatMap((lines, index) =>
    lines
      .split("\n")
      .map((line, number) => ({ line, number }))
      .filter(({ line }) => line.trim() !== "")
      .map(({ line, number }) => {
        try {
          return parseCheckpoint(line);
        } catch (error) {
          const place = `${checkpoints[index]}, line ${number + 1}`;
          throw usageError(`${place} is not a checkpoint: ${(error as Error).message}`);
        }
      }),
  );
}

/** Results of both: the API's has a few members more. */
type Verified = Pick<
  Verification,
  "entries" | "seals" | "checkpoints" | "withheld" | "expired" | "erased" | "signatures"
> & {
  head: { checkpoint: { checkpoint: number; made_at: string } | null };
  first_invalid?: Verification["first_invalid"] | undefined;
};

function describe(result: Verified, byServer: boolean): string[] {
  const { entries, seals, checkpoints, withheld, expired, erased, head, signatures } = result;
  const count = (number: number, text: string): string => `${number.toLocaleString("en")} ${text}`;
  const notes = [
    erased > 0 && count(erased, "entries have an erased address and user agent."),
    expired > 0 && count(expired, "entries have expired and were deleted; their seals are present."),
    withheld > 0 && count(withheld, "entries were excluded by the export's filter; their seals are present."),
    signatures === "unchecked" &&
      (byServer
        ? "Signatures of checkpoints were not checked: the server has no public key (AUDIT_PUBLIC_KEYS)."
        : "Signatures of checkpoints were not checked: specify --public-key."),
    byServer && "The server verified itself. To trust nobody, export the trail and verify the file.",
  ].filter((text) => text !== false);
  const found = `${count(entries, "entries")} in ${count(seals, "seals")}, ${count(checkpoints, "checkpoints")}`;
  if (result.first_invalid)
    return [`INVALID: ${explainFault(result.first_invalid)}`, `Valid before that: ${found}.`, ...notes];
  const last = head.checkpoint;
  const upTo = last
    ? `The last checkpoint is ${last.checkpoint}, made at ${last.made_at}.`
    : "There is no checkpoint, so deleted newest entries can't be detected.";
  return [`Valid: ${found}.`, upTo, ...notes];
}
